/**
 * Every way in which the SDK refuses. Lower-case kebab words, stable across releases, made to be compared with
 * `===`. A cancelled operation is not in the list: it rejects with the `reason` of its `AbortSignal`.
 */
export type ErrorCode =
  // bytes
  | "source-not-found"
  | "source-unreadable"
  | "source-changed"
  | "source-not-supported"
  | "sink-exists"
  | "sink-unwritable"
  // GGUF
  | "gguf-not-gguf"
  | "gguf-version-not-supported"
  | "gguf-truncated"
  | "gguf-invalid"
  | "gguf-split-incomplete"
  // safetensors
  | "safetensors-invalid"
  | "safetensors-truncated"
  | "safetensors-incomplete"
  // PyTorch
  | "pytorch-invalid"
  | "pytorch-truncated"
  | "pytorch-incomplete"
  | "pytorch-not-supported"
  // tensors
  | "tensor-type-not-supported"
  | "tensor-not-found"
  | "tensor-value-invalid"
  // model and graph
  | "architecture-not-supported"
  | "model-config-invalid"
  | "model-shape-mismatch"
  // adapters
  | "adapter-invalid"
  | "adapter-mismatch"
  | "adapter-not-supported"
  // tokenizer
  | "tokenizer-not-supported"
  | "tokenizer-invalid"
  // prompt
  | "template-invalid"
  // constraints of decoding
  | "grammar-invalid"
  // interaction
  | "language-unknown"
  | "request-contradictory"
  | "command-unknown"
  // making data sets
  | "work-busy"
  | "work-changed"
  | "work-incomplete"
  | "work-damaged"
  | "budget-spent"
  // tuning: pairs of sentences
  | "bitext-invalid"
  // running
  | "argument-invalid"
  | "token-out-of-range"
  | "context-full"
  | "sequence-busy"
  | "sequence-limit"
  | "disposed"
  | "capability-missing"
  | "scores-invalid"
  | "constraint-unsatisfiable"
  // backends
  | "backend-not-available"
  | "backend-contract-violated"
  | "backend-failed"
  | "out-of-memory"
  // data and measures
  | "run-mismatch"
  | "endpoint-failed";

/** What an error says: the problem, where it is, what was expected, what came, and what to do. */
export interface ErrorDetails {
  /** One clause that names what is wrong, without a full stop. */
  readonly problem: string;
  /** The file, URL or object that it happened in. */
  readonly source?: string | undefined;
  /** The field, tensor, option or argument that is wrong. */
  readonly field?: string | undefined;
  readonly expected?: string | undefined;
  readonly received?: string | undefined;
  /** What the person can do about it: an imperative sentence without a full stop. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

const marker = Symbol.for("bayling.error");

/**
 * The one error class of the SDK. `instanceof` fails when an application holds two copies of a package, so test with
 * {@link BayLingError.isInstance}, and read {@link BayLingError.code} to tell cases apart.
 */
export class BayLingError extends Error {
  readonly code: ErrorCode;
  readonly source: string | undefined;
  readonly field: string | undefined;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, given: ErrorDetails) {
    const details = shortened(given);
    super(formatMessage(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "BayLingError";
    this.code = code;
    this.source = details.source;
    this.field = details.field;
    this.expected = details.expected;
    this.received = details.received;
    this.remedy = details.remedy;
    Object.defineProperty(this, marker, { value: true });
  }

  /** True for an error of this SDK, also when it comes from another copy of the package. */
  static isInstance(value: unknown): value is BayLingError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** What comes from a file can be megabytes long; nobody reads more than this of it, and logs should not hold it. */
const longestDetail = 1000;

function shortened(details: ErrorDetails): ErrorDetails {
  const short = (text: string | undefined) =>
    text !== undefined && text.length > longestDetail ? `${text.slice(0, longestDetail)}…` : text;
  const { problem, source, field, expected, received } = details;
  return {
    ...details,
    problem: short(problem) ?? problem,
    source: short(source),
    field: short(field),
    expected: short(expected),
    received: short(received),
  };
}

function formatMessage({ problem, source, field, expected, received, remedy }: ErrorDetails): string {
  const place = [source, field].filter((part) => part !== undefined).join(": ");
  let message = place === "" ? problem : `${place}: ${problem}`;
  if (expected !== undefined) message += `; expected ${expected}`;
  if (received !== undefined) message += `${expected === undefined ? ";" : ","} got ${received}`;
  return remedy === undefined ? message : `${message}. ${remedy}.`;
}
