import type { CacheType } from "./cache/cache-type.ts";
import type { WebGpuProfile } from "./webgpu-profile.ts";

/** A `GPUDevice`, where TypeScript knows of WebGPU (its library "DOM" or "WebWorker"), and any object where it does not. */
export type OwnDevice = typeof globalThis extends { GPUDevice: { prototype: infer Device } } ? Device : object;

export interface WebGpuOptions {
  /** Which GPU of a machine with two. */
  readonly powerPreference?: "low-power" | "high-performance" | undefined;
  /**
   * A device of your own, for instance to share one with your own kernels. It is not destroyed when the model is
   * disposed, and cannot be replaced when it is lost. Ask for the limits and features of the adapter when you make it.
   */
  readonly device?: OwnDevice | undefined;
  /** Collects the times of all kernels. */
  readonly profile?: WebGpuProfile | undefined;
  /** How keys and values are kept: `f16` takes half the memory and rounds them. Default `f32`. */
  readonly cacheType?: CacheType | undefined;
}
