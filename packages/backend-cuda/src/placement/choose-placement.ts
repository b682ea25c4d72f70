import type { LoadedModel, LoadOptions } from "@bayling/core/backend";
import type { CudaOptions } from "../cuda-options.ts";
import type { CudaPlacement } from "../cuda-placement.ts";
import type { LlamaRuntime } from "../llama-runtime.ts";
import { chooseThreads } from "./choose-threads.ts";

/** Where a model goes and how much room its KV cache gets. */
export async function choosePlacement(
  runtime: LlamaRuntime,
  { graph }: LoadedModel,
  options: CudaOptions,
  { contextLength, maxSequences }: Pick<LoadOptions, "contextLength" | "maxSequences">,
): Promise<Omit<CudaPlacement, "through" | "release" | "cacheType">> {
  const layers = graph.config.numHiddenLayers;
  const mostPositions = contextLength * maxSequences;
  return {
    device: runtime.device,
    deviceNames: [],
    gpuLayers: runtime.device === "cpu" ? 0 : (options.gpuLayers ?? layers + 1),
    layers,
    threads: options.threads ?? chooseThreads(),
    positions: mostPositions,
    mostPositions,
  };
}
