import { BayLingError } from "@bayling/core/backend";
import { disposed, failed, messageOf, wrapped } from "../cuda-errors.ts";
import type { LlamaRuntime } from "../llama-runtime.ts";

/** What node-llama-cpp threw, in our words. */
export function classFailure(error: unknown): BayLingError {
  // By name: a program can hold two copies of node-llama-cpp, and its classes are not loaded here.
  const kind = error instanceof Error ? error.constructor.name : undefined;
  if (kind === "InsufficientMemoryError") return outOfMemory(messageOf(error), error);
  return kind === "DisposedError" ? disposed("model") : wrapped(error);
}

/** Why a model could not be loaded; node-llama-cpp itself says no more than that. */
export async function loadFailure(error: unknown, path: string, { messages }: LlamaRuntime): Promise<BayLingError> {
  const failure = classFailure(error);
  if (failure.code !== "backend-failed") return failure;
  await new Promise((resolve) => setTimeout(resolve, 20)); // llama.cpp's messages take their way through the event loop
  return failed(`llama.cpp cannot load ${path}: ${[messageOf(error), ...messages].join("; ")}`, error);
}

/** llama.cpp failed to make a context. It does not tell why, but all else that it asks for was seen to. */
export function noContext(cause: unknown): BayLingError {
  return outOfMemory(`llama.cpp could not make a context: ${messageOf(cause)}`, cause);
}

function outOfMemory(problem: string, cause: unknown): BayLingError {
  return new BayLingError("out-of-memory", {
    source: "cuda",
    problem,
    remedy: "Take a smaller model, a stronger quantization, a shorter context or fewer sequences",
    cause,
  });
}
