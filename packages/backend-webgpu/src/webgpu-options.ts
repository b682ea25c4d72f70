import type { CacheType } from "./cache/cache-type.ts";
import type { TierName, TierReport } from "./tiers/tier-report.ts";
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
  /**
   * `f32`, the default: as exact as plain f32, whatever the GPU multiplies with. `fast`: long texts are read with numbers
   * rounded to f16, where the GPU has it; answers may differ in a word now and then.
   */
  readonly precision?: "f32" | "fast" | undefined;
  /**
   * The only ways of multiplying to use beyond plain f32, for instance `[]` where a driver is suspected. By default those
   * that the GPU has, does fast, and does right: each is tested when it is first used.
   */
  readonly tiers?: readonly TierName[] | undefined;
  /** Called when a model is loaded. Without it, ways that a GPU does wrong are left out without a word. */
  readonly onTier?: ((report: TierReport) => void) | undefined;
  /** How keys and values are kept: `f16` takes half the memory and rounds them. Default `f32`. */
  readonly cacheType?: CacheType | undefined;
}
