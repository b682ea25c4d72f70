import type { Problem } from "../problem.ts";
import { type ApiFamily, createRoutes } from "../routes.ts";
import { modelRoutes } from "./model-routes.ts";

/** What clients of OpenAI's API speak. */
export const openAiApi: ApiFamily = {
  paths: ["/v1/"],
  routes(context) {
    const routes = createRoutes();
    routes.route("/", modelRoutes(context));
    return routes;
  },
  formatProblem: openAiError,
};

/** OpenAI's words for what core says in its own. */
const codes: Readonly<Record<string, string>> = {
  "context-full": "context_length_exceeded",
  "model-not-found": "model_not_found",
  "key-missing": "invalid_api_key",
  "key-wrong": "invalid_api_key",
  "queue-full": "rate_limit_exceeded",
};

function openAiError({ status, code, message, param }: Problem): object {
  return {
    error: { message, type: typeOf(status), param: param ?? null, code: codes[code] ?? code.replaceAll("-", "_") },
  };
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
