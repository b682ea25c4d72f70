import { bufferUsage, mapMode } from "../device/constants.ts";
import { bind } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { Kernel } from "../device/kernel.ts";

export type KernelData = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Runs a kernel once over copies of `data`, one array a binding, and puts what it wrote back into the arrays. */
export async function runKernel(
  context: GpuContext,
  kernel: Kernel,
  data: readonly KernelData[],
  workgroups: readonly [number, number, number],
): Promise<void> {
  const { device } = context;
  const { copyDestination, mapRead } = bufferUsage;
  const buffers = data.map((array, index) => {
    const create = kernel.bindings[index]!.access === "uniform" ? "createUniform" : "createStorage";
    const buffer = context[create](kernel.bindings[index]!.name, array.byteLength);
    device.queue.writeBuffer(buffer, 0, array);
    return buffer;
  });
  device.pushErrorScope("validation");
  const pipeline = context.pipelines.get(kernel);
  const bindGroup = bind(device, pipeline, buffers);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline.pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  const written = kernel.bindings.flatMap(({ access }, index) => (access === "read_write" ? [index] : []));
  const staging = written.map((index) => {
    const { byteLength } = data[index]!;
    const buffer = context.createBuffer({ size: byteLength, usage: copyDestination | mapRead });
    encoder.copyBufferToBuffer(buffers[index]!, 0, buffer, 0, byteLength);
    return buffer;
  });
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error !== null) throw new Error(`${kernel.label}: ${error.message}`);
  for (const [order, index] of written.entries()) {
    const buffer = staging[order]!;
    await buffer.mapAsync(mapMode.read);
    const target = data[index]!;
    const bytes = new Uint8Array(buffer.getMappedRange(), 0, target.byteLength);
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
  }
  for (const buffer of [...buffers, ...staging]) context.free(buffer);
}
