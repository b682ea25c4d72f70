import type { WeightSource } from "./backend/backend.ts";
import type { Graph } from "./graph/graph.ts";

/** Bytes that a model takes on a backend, before it is loaded. */
export interface MemoryPlan {
  readonly weightBytes: number;
  /** Keys and values of all layers, for every sequence over the whole context. */
  readonly kvCacheBytes: number;
  /** The widest activations of one batch. */
  readonly activationBytes: number;
  readonly totalBytes: number;
}

export interface MemoryPlanOptions {
  readonly contextLength: number;
  /** Default 1. */
  readonly sequences?: number | undefined;
  /** Bytes of one element of the KV cache. Default 4 (f32). */
  readonly cacheElementBytes?: number | undefined;
  /** Tokens evaluated at once. Default 64, the most that the CPU backend takes. */
  readonly batchTokens?: number | undefined;
}

/** What a model will need in memory. Sizes of weights are exact; activations are an estimate. */
export function planMemory(
  graph: Graph,
  weights: Pick<WeightSource, "get">,
  { contextLength, sequences = 1, cacheElementBytes = 4, batchTokens = 64 }: MemoryPlanOptions,
): MemoryPlan {
  const { numHiddenLayers, numKeyValueHeads, headSize, hiddenSize, intermediateSize, vocabularySize } = graph.config;
  const weightBytes = graph.weights.reduce((sum, { name }) => sum + weights.get(name).byteLength, 0);
  const position = 2 * numHiddenLayers * numKeyValueHeads * headSize * cacheElementBytes;
  const kvCacheBytes = position * contextLength * sequences;
  const activationBytes = 4 * (batchTokens * (4 * hiddenSize + 3 * intermediateSize) + sequences * vocabularySize);
  return { weightBytes, kvCacheBytes, activationBytes, totalBytes: weightBytes + kvCacheBytes + activationBytes };
}
