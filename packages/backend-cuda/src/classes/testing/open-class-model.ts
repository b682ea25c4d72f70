import type { BackendModel, LoadedModel, LoadOptions } from "@bayling/core/backend";
import type { CudaPlacement } from "../../cuda-placement.ts";
import type { LlamaRuntime } from "../../llama-runtime.ts";
import { LoadStages } from "../../load-stages.ts";
import { lowerModel } from "../../lowering/lower-model.ts";
import { openRuntime } from "../../open-runtime.ts";
import { loadThroughClasses } from "../load-through-classes.ts";

export interface ClassModelSetup extends Partial<LoadOptions> {
  readonly cacheFolder: string;
  readonly onPlacement?: (placement: CudaPlacement) => void;
  /** What `loadModel` of node-llama-cpp is replaced by. */
  readonly loadModel?: (llama: LlamaRuntime["llama"]) => LlamaRuntime["llama"]["loadModel"];
}

/** A model on llama.cpp's CPU through node-llama-cpp's classes: by default 64 positions and 4 sequences. */
export async function openClassModel(model: LoadedModel, setup: ClassModelSetup): Promise<BackendModel> {
  const { cacheFolder, onPlacement = () => {}, loadModel, ...given } = setup;
  const load = { contextLength: 64, maxSequences: 4, onProgress: () => {}, signal: undefined, ...given };
  const runtime = await openRuntime("cpu");
  const llama =
    loadModel === undefined
      ? runtime.llama
      : Object.create(runtime.llama, { loadModel: { value: loadModel(runtime.llama) } });
  const { contextLength } = load;
  const lowered = await lowerModel(model, { cacheFolder, contextLength, onProgress: () => {}, signal: undefined });
  return loadThroughClasses({
    ...{ lowered, model, load, report: onPlacement, reason: "a test asks for it" },
    runtime: { ...runtime, llama },
    options: { device: "cpu", threads: 1, cacheType: "f32" },
    stages: new LoadStages(model, load.onProgress),
  });
}
