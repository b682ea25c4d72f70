import type { LoadedModel, LoadOptions } from "@bayling/core/backend";
import { formatBytes, outOfMemory } from "../cuda-errors.ts";
import type { CudaOptions } from "../cuda-options.ts";
import type { CudaPlacement } from "../cuda-placement.ts";
import { findDevices } from "../cuda-probe.ts";
import type { LlamaRuntime } from "../llama-runtime.ts";
import { chooseThreads } from "./choose-threads.ts";
import { batchTokens, outputRows } from "./decode-size.ts";
import { fitPlacement, type ModelMemory, memoryNeed } from "./fit-memory.ts";
import { freeHostBytes } from "./free-memory.ts";

/**
 * Where a model goes and how much room its KV cache gets.
 * @throws BayLingError `out-of-memory`, with what would fit
 */
export async function choosePlacement(
  runtime: LlamaRuntime,
  model: LoadedModel,
  options: CudaOptions,
  { contextLength, maxSequences }: Pick<LoadOptions, "contextLength" | "maxSequences">,
): Promise<Omit<CudaPlacement, "through" | "release" | "cacheType">> {
  const { llama, device } = runtime;
  const gpu = device === "cpu" ? undefined : (await llama.getVramState()).free;
  const memory = modelMemory(model, options.cacheType ?? "f16", Math.max(outputRows, maxSequences));
  const gpuLayers = device === "cpu" ? undefined : options.gpuLayers;
  const request = { contextLength, maxSequences, gpuLayers };
  const fitted = fitPlacement(memory, { gpu, host: freeHostBytes() }, request);
  const isChosen = (options.device ?? "auto") !== "auto";
  if (gpu !== undefined && isChosen && gpuLayers === undefined && fitted.gpuLayers === 0) {
    throw outOfMemory("one layer on the GPU", memoryNeed(memory, 1, contextLength).gpu, `at most ${formatBytes(gpu)}`);
  }
  return {
    ...{ device, ...fitted },
    deviceNames: (await findDevices(runtime)).map(({ name }) => name),
    layers: memory.layerBytes.length + 1,
    threads: options.threads ?? chooseThreads(llama.cpuMathCores),
  };
}

/** What the model takes as it is stored; llama.cpp keeps weights so. */
export function modelMemory(
  { graph, weights }: Pick<LoadedModel, "graph" | "weights">,
  cacheType: "f16" | "f32",
  outputs: number,
): ModelMemory {
  const { config } = graph;
  const layerBytes = new Array<number>(config.numHiddenLayers).fill(0);
  let outputBytes = 0;
  let embeddingBytes = 0;
  for (const { name } of graph.weights) {
    const { byteLength } = weights.get(name);
    const layer = /^model\.layers\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) layerBytes[Number(layer)]! += byteLength;
    else if (name === "model.embed_tokens.weight") embeddingBytes += byteLength;
    else outputBytes += byteLength;
  }
  const isTied = config.tieWordEmbeddings;
  const elementBytes = cacheType === "f16" ? 2 : 4;
  return {
    ...{ layerBytes, embeddingBytes, isTied },
    outputBytes: outputBytes + (isTied ? embeddingBytes : 0),
    positionBytes: 2 * config.numKeyValueHeads * config.headSize * elementBytes,
    computeBytes: (positions) => computeBytes(config, positions, cacheType, outputs),
  };
}

/**
 * Activations as llama.cpp lays them out, at most: scores; four rows of the hidden size and three of the feed-forward
 * one; the mask; and without flash attention, which f32 does not have, the products of all queries and keys. It came to
 * 1.2 to 2.1 times what llama.cpp reported (v0.4.0 on the CPU, 100M parameters, 128 and 512 tokens, 2048 and 8192
 * positions).
 */
function computeBytes(
  config: LoadedModel["config"],
  positions: number,
  cacheType: "f16" | "f32",
  outputs: number,
): number {
  const { vocabularySize, hiddenSize, intermediateSize, numAttentionHeads, headSize } = config;
  const width = Math.max(hiddenSize, numAttentionHeads * headSize);
  const attention = cacheType === "f16" ? 2 : 4 * numAttentionHeads;
  const activations = 4 * (4 * width + 3 * intermediateSize) + positions * (4 + attention);
  return 4 * vocabularySize * outputs + batchTokens.gpu * activations;
}
