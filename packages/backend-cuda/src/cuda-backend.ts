import type { Backend, BackendModel, LoadedModel, LoadOptions } from "@bayling/core/backend";
import { loadThroughClasses } from "./classes/load-through-classes.ts";
import type { CudaOptions } from "./cuda-options.ts";
import type { CudaPlacement } from "./cuda-placement.ts";
import { probeCuda } from "./cuda-probe.ts";
import { type LibraryResult, openLibrary } from "./library/open-library.ts";
import type { LlamaRuntime } from "./llama-runtime.ts";
import { LoadStages } from "./load-stages.ts";
import { loadThroughLibrary } from "./load-through-library.ts";
import { lowerModel } from "./lowering/lower-model.ts";
import { openRuntime } from "./open-runtime.ts";

/** What tests replace. */
export interface CudaSeams {
  readonly openLibrary: (runtime: LlamaRuntime) => Promise<LibraryResult>;
}

export function createCudaBackend(options: CudaOptions, seams: CudaSeams = { openLibrary }): Backend {
  const device = options.device ?? "auto";
  return {
    specificationVersion: "v1",
    id: "cuda",
    probe: () => probeCuda(device),
    async doLoad(model: LoadedModel, load: LoadOptions): Promise<BackendModel> {
      load.signal?.throwIfAborted();
      const runtime = await openRuntime(device);
      load.signal?.throwIfAborted();
      const stages = new LoadStages(model, load.onProgress);
      const lowered = await lowerModel(model, {
        cacheFolder: options.cacheFolder,
        contextLength: load.contextLength,
        onProgress: (loaded, total) => stages.written(loaded, total),
        signal: load.signal,
      });
      const found = await seams.openLibrary(runtime);
      const report = (placement: CudaPlacement) => options.onPlacement?.(placement);
      if (found.library !== undefined) {
        return loadThroughLibrary({ runtime, library: found.library, lowered, model, options, load, stages, report });
      }
      warnOnce(found.reason);
      return loadThroughClasses({ runtime, lowered, model, options, load, stages, report, reason: found.reason });
    },
  };
}

let warned = false;

function warnOnce(reason: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    `llama.cpp runs through node-llama-cpp's classes, since ${reason}. Scores are slower, and beams evaluate more.`,
    { code: "BAYLING_CUDA_CLASSES" },
  );
}
