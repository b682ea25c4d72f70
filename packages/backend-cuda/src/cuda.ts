import { type Backend, BayLingError } from "@bayling/core/backend";
import { createCudaBackend } from "./cuda-backend.ts";
import type { CudaOptions } from "./cuda-options.ts";

const devices = ["auto", "cuda", "vulkan", "metal", "cpu"];

/**
 * llama.cpp in Node, through `node-llama-cpp`: on an NVIDIA GPU (CUDA), on others (Vulkan, Metal), or on the CPU. Models
 * come from whatever core loads.
 * @throws BayLingError `argument-invalid`
 */
export function cuda(options: CudaOptions = {}): Backend {
  check("device", options.device, devices.map((name) => JSON.stringify(name)).join(", "), (device) =>
    devices.includes(device as string),
  );
  check("gpuLayers", options.gpuLayers, "an integer from 0 on", (count) => isCount(count, 0));
  check(
    "threads",
    options.threads,
    "an integer from 1 to 512",
    (count) => isCount(count, 1) && (count as number) <= 512,
  );
  check("cacheType", options.cacheType, '"f16", "f32"', (type) => type === "f16" || type === "f32");
  check("cacheFolder", options.cacheFolder, "the path of a folder", (path) => typeof path === "string" && path !== "");
  check("onPlacement", options.onPlacement, "a function", (listener) => typeof listener === "function");
  return createCudaBackend(options);
}

function isCount(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least;
}

function check(field: string, value: unknown, expected: string, isValid: (value: unknown) => boolean): void {
  if (value === undefined || isValid(value)) return;
  throw new BayLingError("argument-invalid", {
    source: "cuda",
    field,
    problem: "the option has a value that it cannot have",
    expected,
    received: typeof value === "string" ? JSON.stringify(value) : String(value),
  });
}
