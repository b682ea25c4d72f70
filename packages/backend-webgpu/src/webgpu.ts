import { type Backend, BayLingError } from "@bayling/core/backend";
import { GpuProvider } from "./device/gpu.ts";
import { tierNames } from "./tiers/tier.ts";
import { createWebGpuBackend } from "./webgpu-backend.ts";
import type { WebGpuOptions } from "./webgpu-options.ts";

/**
 * The GPU through WebGPU: in browsers, and in Node with the npm package `webgpu`. The graph of a model is compiled into
 * a few fused kernels a layer; weights stay quantized; tokens are drawn on the GPU.
 * @throws BayLingError `argument-invalid`
 */
export function webgpu(options: WebGpuOptions = {}): Backend {
  checkOneOf("powerPreference", options.powerPreference, ["low-power", "high-performance"]);
  checkOneOf("precision", options.precision, ["f32", "fast"]);
  checkOneOf("cacheType", options.cacheType, ["f32", "f16"]);
  for (const name of options.tiers ?? []) checkOneOf("tiers", name, tierNames);
  return createWebGpuBackend(options, new GpuProvider(options));
}

function checkOneOf(field: string, value: string | undefined, values: readonly string[]): void {
  if (value === undefined || values.includes(value)) return;
  throw new BayLingError("argument-invalid", {
    source: "webgpu",
    field,
    problem: "the option has a value that it cannot have",
    expected: values.map((each) => JSON.stringify(each)).join(", "),
    received: String(value),
  });
}
