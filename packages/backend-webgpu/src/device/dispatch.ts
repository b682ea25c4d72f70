import type { BoundKernel, Pipeline } from "./pipeline-cache.ts";

/** One recorded step of work: a pipeline, what it is bound to, and how many workgroups run. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** Binds `buffers` to a kernel, in the order of its kernel's bindings; a buffer alone is bound whole. */
export function bind(
  device: GPUDevice,
  { kernel, layout }: BoundKernel,
  buffers: readonly (GPUBuffer | GPUBufferBinding)[],
): GPUBindGroup {
  return device.createBindGroup({
    label: kernel.label,
    layout,
    entries: buffers.map((buffer, binding) => ({
      binding,
      resource: "buffer" in buffer ? buffer : { buffer },
    })),
  });
}
