import type { LoadedModel } from "@bayling/core/backend";
import { defaultCacheFolder } from "./cache-folder.ts";
import { filesAsTheyAre } from "./files-as-they-are.ts";
import { lowerGraph } from "./lower-graph.ts";
import type { LoweredModel } from "./lowered-model.ts";
import { matchGraph } from "./matched-graph.ts";
import { cachedModel } from "./model-cache.ts";

export interface LowerModelOptions {
  /** Default: `bayling/models` in the user's cache folder. */
  readonly cacheFolder: string | undefined;
  readonly contextLength: number;
  /** Called as weights are read; the last time with `loadedBytes` equal to `totalBytes`. */
  readonly onProgress: (loadedBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal | undefined;
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
  const expected = {
    layers: graph.layers.length,
    hiddenSize: graph.hiddenSize,
    heads: graph.heads,
    keyValueHeads: graph.keyValueHeads,
    slidingWindow: lowered.slidingWindow,
    ropePairing: lowered.architecture === "qwen3" ? "halves" : "interleaved",
  } as const;
  const vocabularySize = graph.table.shape[0];

  const files = await filesAsTheyAre(model, graph, contextLength, signal);
  if (files !== undefined) {
    const totalBytes = lowered.tensors.reduce((total, { byteLength }) => total + byteLength, 0);
    options.onProgress(totalBytes, totalBytes);
    const { paths, architecture } = files;
    const hasVocabulary = true;
    return {
      paths,
      architecture,
      vocabularySize,
      hasVocabulary,
      expected: { ...expected, ropePairing: graph.rope.pairing },
    };
  }
  const path = await cachedModel(lowered, {
    folder: options.cacheFolder ?? defaultCacheFolder(),
    contentKey: model.contentKey,
    onProgress: options.onProgress,
    signal,
  });
  const { architecture } = lowered;
  return { paths: [path], architecture, vocabularySize, hasVocabulary: false, expected };
}
