export type { CacheType } from "./cache/kv-cache.ts";
export { webgpu } from "./webgpu-backend.ts";
export { type WebGpuBuffer, type WebGpuWeight, webgpuDevice } from "./webgpu-device.ts";
export type { WebGpuOptions } from "./webgpu-options.ts";
export { type ChromeTraceEvent, type KernelRun, type KernelSummary, WebGpuProfile } from "./webgpu-profile.ts";
