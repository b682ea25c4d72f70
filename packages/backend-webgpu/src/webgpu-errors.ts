import { BayLingError } from "@bayling/core/backend";

/** @param bytes what was asked for */
export function outOfMemory(what: string, bytes: number, expected?: string, cause?: unknown): BayLingError {
  return new BayLingError("out-of-memory", {
    source: "webgpu",
    field: what,
    problem: "the GPU's memory cannot hold it",
    expected,
    received: formatBytes(bytes),
    remedy: "Take a smaller model, a stronger quantization, a shorter context or fewer sequences",
    cause,
  });
}

/** What WebGPU reports when something was wrong that this package should not have let happen. */
export function deviceFailed(error: GPUError): BayLingError {
  // By name: in Node the classes of WebGPU's errors are no globals.
  if (error.constructor.name === "GPUOutOfMemoryError") {
    return new BayLingError("out-of-memory", {
      source: "webgpu",
      problem: `the GPU's memory is used up: ${error.message}`,
      remedy: "Take a smaller model, a stronger quantization, a shorter context or fewer sequences",
      cause: error,
    });
  }
  return new BayLingError("backend-failed", {
    source: "webgpu",
    problem: `the GPU refused a command: ${error.message}`,
    cause: error,
  });
}

export function notAvailable(problem: string, remedy?: string, cause?: unknown): BayLingError {
  return new BayLingError("backend-not-available", { source: "webgpu", problem, remedy, cause });
}

/** When a device did not last until it had finished, and nor did those that took its place. */
export function lostAgain(losses: number, cause: unknown): BayLingError {
  return new BayLingError("backend-failed", {
    source: "webgpu",
    problem: `the GPU was lost ${losses} times in a row`,
    remedy:
      "Take a smaller model or shorter pieces of text, close other programs that use the GPU, or update its driver",
    cause,
  });
}

/** What is thrown for a failure that says itself only that something was wrong. */
export function wrapped(error: unknown): BayLingError {
  if (BayLingError.isInstance(error)) return error;
  return new BayLingError("backend-failed", {
    source: "webgpu",
    problem: `the GPU failed: ${String(error)}`,
    cause: error,
  });
}

export function disposed(source: string): BayLingError {
  return new BayLingError("disposed", { source, problem: `the ${source} is disposed` });
}

function formatBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1 ? `${bytes} bytes` : `${mebibytes.toFixed(mebibytes < 100 ? 1 : 0)} MiB`;
}
