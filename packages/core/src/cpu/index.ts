export { cpu } from "./cpu-backend.ts";
export { cpuDevice } from "./cpu-device.ts";
export type { CpuBuffer, CpuWeight } from "./cpu-memory.ts";
