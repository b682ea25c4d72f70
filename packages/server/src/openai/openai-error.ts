import type { Problem } from "../problem.ts";

/** OpenAI's words for what core says in its own. */
const codes: Readonly<Record<string, string>> = {
  "context-full": "context_length_exceeded",
  "model-not-found": "model_not_found",
  "key-missing": "invalid_api_key",
  "key-wrong": "invalid_api_key",
  "queue-full": "rate_limit_exceeded",
  "unknown-argument": "unsupported_parameter",
};

/** The same for fields. */
const params: ReadonlyMap<string, string> = new Map([
  ["logitBias", "logit_bias"],
  ["maxTokens", "max_tokens"],
  ["contextLength", "messages"],
]);

/** The body of an error. */
export function openAiError({ status, code, message, param }: Problem): object {
  return {
    error: {
      message,
      type: typeOf(status),
      param: params.get(param ?? "") ?? param ?? null,
      code: codes[code] ?? code.replaceAll("-", "_"),
    },
  };
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
