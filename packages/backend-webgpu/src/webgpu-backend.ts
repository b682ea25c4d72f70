import type { Backend, LoadedModel, LoadOptions } from "@bayling/core/backend";
import type { GpuProvider } from "./device/gpu.ts";
import { GpuContext } from "./device/gpu-context.ts";
import { chooseTier } from "./tiers/choose-tier.ts";
import { openEngine, type WebGpuEngine } from "./webgpu-engine.ts";
import { lostAgain } from "./webgpu-errors.ts";
import { maxLosses, WebGpuModel } from "./webgpu-model.ts";
import type { WebGpuOptions } from "./webgpu-options.ts";
import { probeWebGpu } from "./webgpu-probe.ts";

/** Tokens of one batch: enough for products by tiles to be fast, and few enough that a slow GPU answers in time. */
const maxBatchTokens = 512;

/** The backend on devices of a provider; tests have providers of their own, and do things to devices. */
export function createWebGpuBackend(options: WebGpuOptions, provider: GpuProvider): Backend {
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
  { cacheType = "f32", precision = "f32", tiers, onTier, profile }: WebGpuOptions,
  model: LoadedModel,
  load: LoadOptions,
): Promise<WebGpuEngine> {
  const { signal } = load;
  const maxTokens = Math.min(maxBatchTokens, load.contextLength);
  for (let losses = 1; ; losses++) {
    signal?.throwIfAborted();
    const context = new GpuContext(await provider.get());
    let failure: unknown;
    try {
      const { tier, report } = await chooseTier(context.gpu, { precision, tiers });
      signal?.throwIfAborted();
      const engine = await openEngine(context, model, { ...load, cacheType, tier, profile, maxTokens });
      // A device that is lost meanwhile fails at nothing but reading.
      if (!context.gpu.isLost) {
        onTier?.(report);
        return engine;
      }
    } catch (error) {
      failure = error;
    }
    context.dispose();
    signal?.throwIfAborted();
    if (!(await context.gpu.wasLost())) throw failure;
    if (losses === maxLosses) throw lostAgain(losses, failure);
  }
}
