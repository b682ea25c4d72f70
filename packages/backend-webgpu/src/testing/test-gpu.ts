import { GpuProvider } from "../device/gpu.ts";
import { GpuContext } from "../device/gpu-context.ts";

const provider = new GpuProvider({});

/** Buffers on the device of this test file, which has every feature that the adapter has. Dispose them when done. */
export async function openTestGpu(): Promise<GpuContext> {
  return new GpuContext(await provider.get());
}
