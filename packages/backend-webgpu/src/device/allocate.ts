import { BayLingError } from "@bayling/core/backend";
import { outOfMemory } from "../webgpu-errors.ts";
import type { GpuContext } from "./gpu-context.ts";

/**
 * Creates buffers and waits until the GPU has answered whether there was room; without an answer they would only fail
 * when used. Frees them all when one was refused.
 * @throws BayLingError `out-of-memory`
 */
export async function allocateOrThrow(
  context: GpuContext,
  what: string,
  create: () => GPUBuffer[],
): Promise<GPUBuffer[]> {
  const { device } = context;
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let buffers: GPUBuffer[] = [];
  let thrown: unknown;
  try {
    buffers = create();
  } catch (error) {
    thrown = error; // Dawn throws at once where a size is beyond what it can express.
  }
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  const refused = errors.find((error) => error !== null) ?? thrown;
  if (refused === undefined) return buffers;
  for (const buffer of buffers) context.free(buffer);
  if (BayLingError.isInstance(refused)) throw refused;
  throw outOfMemory(
    what,
    buffers.reduce((sum, { size }) => sum + size, 0),
    undefined,
    refused,
  );
}
