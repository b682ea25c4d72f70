import type { LlamaContext, LlamaModel } from "node-llama-cpp";
import { classFailure, noContext } from "./class-failure.ts";

export interface ClassContextOptions {
  /** Positions that every sequence can hold. */
  readonly contextLength: number;
  readonly maxSequences: number;
  readonly batchTokens: number;
  readonly threads: number;
  readonly cacheType: "f16" | "f32";
  readonly signal: AbortSignal | undefined;
}

/**
 * A context with cells of its own for each sequence: for as many of them as there is memory for, at least one.
 * @throws BayLingError `out-of-memory`; the signal's reason
 */
export async function openContext(model: LlamaModel, options: ClassContextOptions): Promise<LlamaContext> {
  const { maxSequences, signal } = options;
  for (let sequences = maxSequences; ; sequences = Math.floor(sequences / 2)) {
    signal?.throwIfAborted();
    try {
      return await createContext(model, sequences, options);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const failure = classFailure(error);
      // Only what was refused before it was tried may be tried with less: see below.
      if (failure.code !== "out-of-memory") throw noContext(error);
      if (sequences === 1) throw failure;
    }
  }
}

/**
 * When llama.cpp itself fails at this, node-llama-cpp forgets to dispose of what it has begun, and disposing of the
 * model then waits for it: it has to come at once, before the garbage collector has taken what it would dispose of.
 */
function createContext(
  model: LlamaModel,
  sequences: number,
  { contextLength, batchTokens, threads, cacheType, signal }: ClassContextOptions,
): Promise<LlamaContext> {
  const type = cacheType === "f16" ? "F16" : "F32";
  return model.createContext({
    sequences,
    contextSize: contextLength + 1, // the last position is never filled
    batchSize: batchTokens,
    threads,
    flashAttention: cacheType === "f16" ? "auto" : false, // which f32 does not have
    experimentalKvCacheKeyType: type,
    experimentalKvCacheValueType: type,
    // A sliding window limits what is seen, and not what is kept: else nothing could be truncated.
    swaFullCache: true,
    // A smaller context than was asked for would lose its beginning unseen.
    failedCreationRemedy: false,
    batching: { itemPrioritizationStrategy: "firstInFirstOut" },
    ...(signal === undefined ? {} : { createSignal: signal }),
  });
}
