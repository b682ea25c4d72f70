import { BayLingError } from "../errors.ts";

type ErrorName =
  | "NotSupportedError"
  | "NetworkError"
  | "OperationError"
  | "UnknownError"
  | "AbortError"
  | "InvalidStateError";

/** The exceptions that pages of the Translator API know, with what led to them as `cause`. */
export function domException(name: ErrorName, message: string, cause?: unknown): DOMException {
  return withFields(new DOMException(message, name), cause === undefined ? {} : { cause });
}

/** Newer browsers have a class for it; in others it is a `DOMException` with its fields. */
export function quotaExceeded(requested: number, quota: number): DOMException {
  const message = `the text has ${requested} tokens, and at most ${quota} are translated at once`;
  const { QuotaExceededError } = globalThis as {
    readonly QuotaExceededError?: new (message: string, options: { quota: number; requested: number }) => DOMException;
  };
  if (QuotaExceededError !== undefined) return new QuotaExceededError(message, { quota, requested });
  return withFields(new DOMException(message, "QuotaExceededError"), { quota, requested });
}

/** What a page gets to see when a model could not be loaded or set up. */
export function creationError(error: unknown, isRemote: boolean): unknown {
  if (error instanceof DOMException) return error;
  if (!BayLingError.isInstance(error)) return domException("OperationError", String(error), error);
  const { code, message } = error;
  if (code === "language-unknown") return domException("NotSupportedError", message, error);
  return domException(isRemote && code.startsWith("source-") ? "NetworkError" : "OperationError", message, error);
}

/** What a page gets to see when a translation failed. */
export function translationError(error: unknown): unknown {
  if (error instanceof DOMException) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isGone = BayLingError.isInstance(error) && error.code === "disposed";
  return domException(isGone ? "InvalidStateError" : "UnknownError", message, error);
}

function withFields(error: DOMException, fields: Readonly<Record<string, unknown>>): DOMException {
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(error, name, { value, configurable: true, writable: true });
  }
  return error;
}
