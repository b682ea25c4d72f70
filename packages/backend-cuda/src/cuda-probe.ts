import os from "node:os";
import type { DeviceInfo, ProbeResult } from "@bayling/core/backend";
import { messageOf } from "./cuda-errors.ts";
import type { CudaDevice } from "./cuda-options.ts";
import type { LlamaRuntime } from "./llama-runtime.ts";
import { openRuntime } from "./open-runtime.ts";

/**
 * Whether llama.cpp can run on the device. Drivers and libraries say no without being loaded; a yes is only certain
 * once llama.cpp has been loaded and has found the device, and then it stays loaded for the model. No model is touched.
 */
export async function probeCuda(device: CudaDevice): Promise<ProbeResult> {
  try {
    return { available: true, devices: await findDevices(await openRuntime(device)) };
  } catch (error) {
    return { available: false, reason: messageOf(error) };
  }
}

/** What computes, as a person calls it, with all of its memory. */
export async function findDevices({ llama, device }: LlamaRuntime): Promise<DeviceInfo[]> {
  if (device === "cpu") return [{ name: os.cpus()[0]?.model.trim() || "CPU", memoryBytes: os.totalmem() }];
  const names = await llama.getGpuDeviceNames();
  // node-llama-cpp only knows the memory of all of them together.
  const memoryBytes = names.length === 1 ? (await llama.getVramState()).total : undefined;
  return names.map((name) => ({ name, memoryBytes }));
}
