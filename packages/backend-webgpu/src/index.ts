export type { CacheType } from "./cache/cache-type.ts";
export type { TierName, TierReport } from "./tiers/tier-report.ts";
export { webgpu } from "./webgpu.ts";
export { webgpuDevice } from "./webgpu-device.ts";
export type { OwnDevice, WebGpuOptions } from "./webgpu-options.ts";
export { type ChromeTraceEvent, type KernelRun, type KernelSummary, WebGpuProfile } from "./webgpu-profile.ts";
