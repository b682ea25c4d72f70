import type { CacheType } from "./cache/kv-cache.ts";
import type { AdapterOptions } from "./webgpu-probe.ts";
import type { WebGpuProfile } from "./webgpu-profile.ts";

export interface WebGpuOptions extends AdapterOptions {
  /**
   * A device of your own, for instance to share one with your own kernels. It is not destroyed when the model is
   * disposed, and cannot be replaced when it is lost. Ask for the limits and features of the adapter when you make it.
   */
  readonly device?: GPUDevice | undefined;
  /** Collects the times of all kernels. */
  readonly profile?: WebGpuProfile | undefined;
  /** How keys and values are kept: `f16` takes half the memory and rounds them. Default `f32`. */
  readonly cacheType?: CacheType | undefined;
}
