import type { Backend, LoadedModel, LoadOptions } from "@bayling/core/backend";
import { GpuProvider } from "./device/gpu.ts";
import { GpuContext } from "./device/gpu-context.ts";
import { openEngine, type WebGpuEngine } from "./webgpu-engine.ts";
import { WebGpuModel } from "./webgpu-model.ts";
import type { WebGpuOptions } from "./webgpu-options.ts";
import { probeWebGpu } from "./webgpu-probe.ts";

/** Tokens of one batch: enough for products by tiles to be fast, and few enough that a slow GPU answers in time. */
const maxBatchTokens = 512;

/**
 * The GPU through WebGPU: in browsers, and in Node with the npm package `webgpu`. The graph of a model is compiled into
 * a few fused kernels a layer; weights stay quantized; tokens are drawn on the GPU.
 */
export function webgpu(options: WebGpuOptions = {}): Backend {
  const provider = new GpuProvider(options);
  const open = (model: LoadedModel, load: LoadOptions) => openModel(provider, options, model, load);
  return {
    specificationVersion: "v1",
    id: "webgpu",
    probe: () => probeWebGpu(options),
    async doLoad(model, load) {
      const source = {
        reopen: (signal: AbortSignal | undefined) => open(model, { ...load, signal, onProgress: () => {} }),
        ...{ maxBatchTokens: Math.min(maxBatchTokens, load.contextLength), contextLength: load.contextLength },
      };
      return new WebGpuModel(await open(model, load), source);
    },
  };
}

async function openModel(
  provider: GpuProvider,
  { cacheType = "f32", profile }: WebGpuOptions,
  model: LoadedModel,
  load: LoadOptions,
): Promise<WebGpuEngine> {
  load.signal?.throwIfAborted();
  const context = new GpuContext(await provider.get());
  try {
    return await openEngine(context, model, {
      ...load,
      cacheType,
      profile,
      maxTokens: Math.min(maxBatchTokens, load.contextLength),
    });
  } catch (error) {
    context.dispose();
    throw error;
  }
}
