import type { Backend } from "@bayling/core/backend";
import { GpuProvider } from "./device/gpu.ts";
import { createWebGpuBackend } from "./webgpu-backend.ts";
import type { WebGpuOptions } from "./webgpu-options.ts";

/**
 * The GPU through WebGPU: in browsers, and in Node with the npm package `webgpu`. The graph of a model is compiled into
 * a few fused kernels a layer; weights stay quantized; tokens are drawn on the GPU.
 */
export function webgpu(options: WebGpuOptions = {}): Backend {
  return createWebGpuBackend(options, new GpuProvider(options));
}
