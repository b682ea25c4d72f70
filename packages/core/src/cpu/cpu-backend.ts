import type { Backend } from "../backend/backend.ts";
import { createGraphBackend } from "../backend/graph-backend.ts";
import { cpuDevice } from "./cpu-device.ts";

/**
 * Runs models on the CPU in plain TypeScript, anywhere JavaScript runs. It is the oracle that other backends are
 * checked against: exact rather than fast. Quantized weights stay quantized in memory.
 */
export function cpu(): Backend {
  return createGraphBackend(cpuDevice());
}
