import type { CudaPlacement } from "./cuda-placement.ts";

/** What computes. `auto` takes the best that is there: CUDA, Metal, Vulkan, then the CPU. */
export type CudaDevice = "auto" | "cuda" | "vulkan" | "metal" | "cpu";

export interface CudaOptions {
  /** Default `auto`. Any other is used or refused, never replaced. */
  readonly device?: CudaDevice | undefined;
  /**
   * Layers on the GPU, the output counted as the last one; those left run on the CPU. Default: as many as fit into the
   * memory that is free.
   */
  readonly gpuLayers?: number | undefined;
  /**
   * Threads of the CPU. Default: one for every physical core, but one less than there are hardware threads to use, since
   * llama.cpp's threads wait for each other without sleeping and slow down tenfold when one of them has to share its core.
   */
  readonly threads?: number | undefined;
  /** How keys and values are kept: `f16`, the default, takes half the memory of `f32`. */
  readonly cacheType?: "f16" | "f32" | undefined;
  /** Folder for models that llama.cpp cannot read where they are. Default: `bayling/models` in the user's cache folder. */
  readonly cacheFolder?: string | undefined;
  /** Called when a model is loaded: what runs where, and through what. */
  readonly onPlacement?: ((placement: CudaPlacement) => void) | undefined;
}
