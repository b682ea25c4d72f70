import { WebGpuProfile } from "../webgpu-profile.ts";
import { bind } from "./dispatch.ts";
import { GpuContext } from "./gpu-context.ts";
import type { Kernel } from "./kernel.ts";
import { KernelProfiler } from "./kernel-profiler.ts";

const threads = 256;
const workgroups = 16384;
const vectorsPerThread = 4;

/** 256 MiB: more than any cache holds. */
const copiedBytes = threads * workgroups * vectorsPerThread * 16;
const rounds = 5;

const copyKernel: Kernel = {
  label: "copy",
  bindings: [
    { name: "input", type: "array<vec4<u32>>", access: "read" },
    { name: "output", type: "array<vec4<u32>>", access: "read_write" },
  ],
  code: `
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var i = 0u; i < ${vectorsPerThread}u; i++) {
    let at = id.x + i * ${threads * workgroups}u;
    output[at] = input[at];
  }
}`,
};

/**
 * Bytes a second that a kernel which does nothing else copies, reading and writing both counted: what there is to
 * compare kernels with that are bound by memory. The best of a few rounds; `undefined` without timestamps.
 */
export async function measureCopyBandwidth({ gpu }: GpuContext): Promise<number | undefined> {
  const context = new GpuContext(gpu);
  try {
    const profile = new WebGpuProfile();
    const profiler = KernelProfiler.create(context, profile);
    if (profiler === undefined || copiedBytes > gpu.device.limits.maxStorageBufferBindingSize) return undefined;
    const buffers = [context.createStorage("copied", copiedBytes), context.createStorage("copy", copiedBytes)];
    const pipeline = gpu.pipelines.get(copyKernel);
    const bindGroup = bind(gpu.device, pipeline, buffers);
    for (let round = 0; round < rounds; round++) {
      const encoder = gpu.device.createCommandEncoder();
      const pass = profiler.begin(encoder, { name: copyKernel.label, weightBytes: 0 });
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(workgroups);
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
    }
    await profiler.collect();
    const fastest = Math.min(...profile.runs.map(({ begin, end }) => end - begin));
    return fastest > 0 ? (2 * copiedBytes) / (fastest / 1e9) : undefined;
  } finally {
    context.dispose();
  }
}
