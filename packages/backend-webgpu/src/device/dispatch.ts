import type { Pipeline } from "./pipeline-cache.ts";

/** One recorded step of work: a pipeline, what it is bound to, and how many workgroups run. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** Binds `buffers` to a pipeline, in the order of its kernel's bindings; a buffer alone is bound whole. */
export function bind(
  device: GPUDevice,
  pipeline: Pipeline,
  buffers: readonly (GPUBuffer | GPUBufferBinding)[],
): GPUBindGroup {
  return device.createBindGroup({
    label: pipeline.kernel.label,
    layout: pipeline.layout,
    entries: buffers.map((buffer, binding) => ({
      binding,
      resource: "buffer" in buffer ? buffer : { buffer },
    })),
  });
}
