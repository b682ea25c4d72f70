import { BayLingError } from "@bayling/core/backend";
import { disposed, messageOf, wrapped } from "../cuda-errors.ts";

/** What node-llama-cpp threw, in our words. */
export function classFailure(error: unknown): BayLingError {
  // By name: a program can hold two copies of node-llama-cpp, and its classes are not loaded here.
  const kind = error instanceof Error ? error.constructor.name : undefined;
  if (kind === "InsufficientMemoryError") return insufficientMemory(error);
  return kind === "DisposedError" ? disposed("model") : wrapped(error);
}

export function insufficientMemory(cause: unknown): BayLingError {
  return new BayLingError("out-of-memory", {
    source: "cuda",
    problem: `the memory that is free cannot hold it: ${messageOf(cause)}`,
    remedy: "Take a smaller model, a stronger quantization, a shorter context or fewer sequences",
    cause,
  });
}
