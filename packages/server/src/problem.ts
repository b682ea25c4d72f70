import { BayLingError, type ErrorCode } from "@bayling/core";
import { HTTPException } from "hono/http-exception";

export type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 410
  | 413
  | 415
  | 422
  | 429
  | 431
  | 499
  | 500
  | 503
  | 504;

export interface ProblemDetails {
  readonly status: ProblemStatus;
  /** Kebab word: one of core's, or of the server's own. */
  readonly code: string;
  /** A sentence for a person. */
  readonly message: string;
  /** The field of the request that is wrong: `messages[0].content`. */
  readonly param?: string | undefined;
  /** Seconds until it makes sense to ask again: the header `Retry-After`. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** A refusal on its way to a client. How its body looks is for the family of endpoints to say. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ProblemStatus;
  readonly code: string;
  readonly param: string | undefined;
  readonly retryAfter: number | undefined;

  constructor({ status, code, message, param, retryAfter, cause }: ProblemDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.param = param;
    this.retryAfter = retryAfter;
  }
}

/** What a client did, and not the server: its words may go back to it. */
const statuses: Partial<Record<ErrorCode, ProblemStatus>> = {
  "argument-invalid": 400,
  "token-out-of-range": 400,
  "context-full": 400,
  "grammar-invalid": 400,
  "template-invalid": 400,
  "language-unknown": 400,
  "request-contradictory": 400,
  "command-unknown": 400,
  "constraint-unsatisfiable": 400,
  "capability-missing": 400,
  "sequence-busy": 409,
};

/** What passes when others are done. */
const temporary = new Set<ErrorCode>(["sequence-limit", "out-of-memory", "disposed"]);

/** Whatever was thrown, as something that a client may see: paths and stacks of the server are not in it. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (BayLingError.isInstance(error)) return fromBayLingError(error);
  if (error instanceof HTTPException && error.status < 500) {
    return new Problem({ status: 400, code: "request-invalid", message: error.message, cause: error });
  }
  if (isClientGone(error)) {
    return new Problem({ status: 499, code: "client-gone", message: "The client went away.", cause: error });
  }
  return new Problem({ status: 500, code: "internal", message: "The server failed.", cause: error });
}

/** Connections are those of clients only: one that breaks, or is closed for its body was too slow, is their doing. */
function isClientGone(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || (error as { code?: unknown }).code === "ECONNRESET");
}

function fromBayLingError(error: BayLingError): Problem {
  const { code, field, message } = error;
  const status = statuses[code];
  if (status !== undefined) return new Problem({ status, code, message, param: field, cause: error });
  if (temporary.has(code)) {
    return new Problem({
      status: 503,
      code,
      message: "The model has no room at the moment.",
      retryAfter: 5,
      cause: error,
    });
  }
  return new Problem({ status: 500, code, message: `The model failed (${code}).`, cause: error });
}
