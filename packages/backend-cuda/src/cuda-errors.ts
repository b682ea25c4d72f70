import { BayLingError } from "@bayling/core/backend";

const memoryRemedy = "Take a smaller model, a stronger quantization, a shorter context or fewer sequences";

/** @param bytes what was asked for */
export function outOfMemory(what: string, bytes: number, expected?: string, cause?: unknown): BayLingError {
  return new BayLingError("out-of-memory", {
    source: "cuda",
    field: what,
    problem: "the memory that is free cannot hold it",
    expected,
    received: formatBytes(bytes),
    remedy: memoryRemedy,
    cause,
  });
}

export function notAvailable(problem: string, remedy?: string, cause?: unknown): BayLingError {
  return new BayLingError("backend-not-available", { source: "cuda", problem, remedy, cause });
}

/** llama.cpp failed in a way that this package should not have let happen. */
export function failed(problem: string, cause?: unknown): BayLingError {
  return new BayLingError("backend-failed", { source: "cuda", problem, cause });
}

/** What is thrown for a failure that says itself only that something was wrong. */
export function wrapped(error: unknown): BayLingError {
  if (BayLingError.isInstance(error)) return error;
  return failed(`llama.cpp failed: ${messageOf(error)}`, error);
}

export function tooManySequences(most: number): BayLingError {
  return new BayLingError("sequence-limit", {
    source: "cuda",
    problem: "no more sequences can be alive at once",
    expected: `at most ${most}`,
    remedy: "Dispose one, or load the model with a larger maxSequences",
  });
}

export function disposed(source: string): BayLingError {
  return new BayLingError("disposed", { source, problem: `the ${source} is disposed` });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function formatBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes >= 10240) return `${(mebibytes / 1024).toFixed(1)} GiB`;
  return mebibytes < 1 ? `${bytes} bytes` : `${mebibytes.toFixed(mebibytes < 100 ? 1 : 0)} MiB`;
}
