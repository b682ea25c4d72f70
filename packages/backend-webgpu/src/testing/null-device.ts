import { create } from "webgpu";
import { bufferUsage } from "../device/constants.ts";

// Dawn frees everything of a `GPU` object that is collected.
let gpu: GPU | undefined;

/**
 * A device that takes every command and carries none out: what is read back is zeros. To count what it is asked for,
 * on any machine and without waiting for a compiler.
 */
export async function openNullDevice(): Promise<GPUDevice> {
  gpu ??= create(["backend=null"]);
  const adapter = await gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    if ((descriptor.usage & bufferUsage.mapRead) === 0) return createBuffer(descriptor);
    const buffer = createBuffer({ ...descriptor, mappedAtCreation: true });
    new Uint8Array(buffer.getMappedRange()).fill(0);
    buffer.unmap();
    return buffer;
  };
  return device;
}
