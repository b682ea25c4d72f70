import type { Llama } from "node-llama-cpp";

/** llama.cpp as node-llama-cpp found, or built, and loaded it for this machine; its backends (CUDA, CPU …) included. */
export interface LlamaRuntime {
  readonly llama: Llama;
  readonly device: "cuda" | "vulkan" | "metal" | "cpu";
  /** The release of llama.cpp, such as "v0.4.0". */
  readonly release: string;
  /** The last errors that llama.cpp has logged, a moment after they happened. */
  readonly messages: readonly string[];
  /** Where the shared libraries that it loaded lie; undefined for one that was not found. */
  readonly libraries: { readonly llama: string | undefined; readonly ggmlBase: string | undefined };
}
