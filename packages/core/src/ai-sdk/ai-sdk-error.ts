import { BayLingError } from "../errors.ts";

/** Fields that the AI SDK's own errors have, by kind. */
interface Kinds {
  InvalidPromptError: { readonly prompt: unknown };
  InvalidArgumentError: { readonly argument: string };
  UnsupportedFunctionalityError: { readonly functionality: string };
  NoSuchModelError: { readonly modelId: string; readonly modelType: string };
}

/**
 * An error of the AI SDK, which knows its own by registered symbols and not by class: `InvalidPromptError.isInstance`
 * is true of it, and the package need not be there for it.
 */
export class AiSdkError<Kind extends keyof Kinds = keyof Kinds> extends Error {
  constructor(kind: Kind, message: string, fields: Kinds[Kind], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = `AI_${kind}`;
    Object.assign(this, fields);
    for (const marker of ["vercel.ai.error", `vercel.ai.error.${this.name}`]) {
      Object.defineProperty(this, Symbol.for(marker), { value: true });
    }
  }
}

export function unsupported(functionality: string, message: string, cause?: unknown): AiSdkError {
  return new AiSdkError("UnsupportedFunctionalityError", message, { functionality }, cause);
}

/** Arguments that the AI SDK calls by other names than core. */
const ownNames: Readonly<Record<string, string>> = { maxTokens: "maxOutputTokens", stop: "stopSequences" };

/**
 * What the AI SDK calls an error, with ours as its cause. Errors of running a model have no name there and stay as
 * they are, and so do reasons of signals.
 */
export function toAiSdkError(error: unknown, prompt: unknown): unknown {
  if (!BayLingError.isInstance(error)) return error;
  const { code, field = "", message } = error;
  switch (code) {
    case "context-full":
      return new AiSdkError("InvalidPromptError", message, { prompt }, error);
    case "capability-missing":
      return unsupported(field, message, error);
    case "grammar-invalid":
      if (error.source === "JSON schema") return unsupported(`JSON schema ${field}`, message, error);
      return new AiSdkError("InvalidArgumentError", message, { argument: "providerOptions.bayling" }, error);
    case "argument-invalid":
      if (/^(messages|continueLast)\b/.test(field)) {
        return new AiSdkError("InvalidPromptError", message, { prompt }, error);
      }
      return new AiSdkError("InvalidArgumentError", message, { argument: ownNames[field] ?? field }, error);
    case "token-out-of-range":
      return new AiSdkError("InvalidArgumentError", message, { argument: field }, error);
    case "constraint-unsatisfiable":
      return new AiSdkError("InvalidArgumentError", message, { argument: "constraints" }, error);
    default:
      return error;
  }
}
