import type { LoadedModel } from "@bayling/core/backend";
import { filesAsTheyAre } from "./files-as-they-are.ts";
import { lowerGraph } from "./lower-graph.ts";
import type { LoweredModel } from "./lowered-model.ts";
import { matchGraph } from "./matched-graph.ts";
import { cachedModel, type ModelCacheOptions } from "./model-cache.ts";

export interface LowerModelOptions extends ModelCacheOptions {
  /** Positions that every sequence can hold: a window that is no shorter has no effect. */
  readonly contextLength: number;
}

/**
 * Brings a model into files that make llama.cpp run its graph and no other: those that it came from where they do,
 * else one that is written into the cache folder, once.
 * @throws BayLingError `architecture-not-supported` for a graph that llama.cpp cannot run, `sink-unwritable` for a
 * cache folder that cannot be written or has no room, whatever reading a weight throws; the signal's reason
 */
export async function lowerModel(model: LoadedModel, options: LowerModelOptions): Promise<LoweredModel> {
  const { contextLength, signal } = options;
  signal?.throwIfAborted();
  const graph = matchGraph(model.graph, model.name);
  const lowered = lowerGraph(model, graph, contextLength);
  const files = await filesAsTheyAre(model, graph, contextLength, signal);
  if (files !== undefined) options.onProgress(lowered.byteLength, lowered.byteLength);
  const { paths, architecture, pairing } = files ?? {
    ...lowered,
    paths: [await cachedModel(lowered, model.contentKey, options)],
  };
  return {
    paths,
    architecture,
    vocabularySize: graph.table.shape[0],
    hasVocabulary: files !== undefined,
    expected: {
      layers: graph.layers.length,
      hiddenSize: graph.hiddenSize,
      heads: graph.heads,
      keyValueHeads: graph.keyValueHeads,
      slidingWindow: lowered.slidingWindow,
      ropePairing: pairing,
    },
  };
}
