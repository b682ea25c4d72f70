/** Where a model was put, and how it is run. */
export interface CudaPlacement {
  readonly device: "cuda" | "vulkan" | "metal" | "cpu";
  /** What a person calls the devices in use: "NVIDIA H100 80GB HBM3". */
  readonly deviceNames: readonly string[];
  /** Layers on the GPU, of `layers`. The output counts as the last one, as in llama.cpp. */
  readonly gpuLayers: number;
  readonly layers: number;
  readonly threads: number;
  /** Positions that the KV cache holds at first, all sequences together; it grows up to `mostPositions`. */
  readonly positions: number;
  readonly mostPositions: number;
  readonly cacheType: "f16" | "f32";
  /** `library`: llama.cpp's C API; `classes`: those of node-llama-cpp, where the release of llama.cpp is not known. */
  readonly through: "library" | "classes";
  /** Why not through the library. */
  readonly reason?: string | undefined;
  /** llama.cpp's release, such as "v0.4.0". */
  readonly release: string;
}
