import type { LoadedModel } from "@bayling/core/backend";
import type { GpuContext } from "../device/gpu-context.ts";
import { plainTier } from "../tiers/tier.ts";
import { type EngineOptions, openEngine, type WebGpuEngine } from "../webgpu-engine.ts";
import { WebGpuModel } from "../webgpu-model.ts";

export interface OpenedModel {
  readonly engine: WebGpuEngine;
  readonly model: WebGpuModel;
}

/** A model with its engine in view: 64 positions, 4 sequences, f32 unless said otherwise. It cannot be opened again. */
export async function openTestModel(
  context: GpuContext,
  loaded: LoadedModel,
  options: Partial<EngineOptions> = {},
): Promise<OpenedModel> {
  const given: EngineOptions = {
    ...{ contextLength: 64, maxSequences: 4, maxTokens: 64, cacheType: "f32", tier: plainTier },
    ...{ onProgress: () => {}, signal: undefined },
    ...options,
  };
  const engine = await openEngine(context, loaded, given);
  const model = new WebGpuModel(engine, {
    reopen: () => Promise.reject(new Error("the device of this test was lost")),
    ...{ maxBatchTokens: given.maxTokens, contextLength: given.contextLength },
  });
  return { engine, model };
}
