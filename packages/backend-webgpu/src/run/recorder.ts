import type { Dispatch } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { KernelProfiler } from "../device/kernel-profiler.ts";
import type { BatchExtent, Program } from "../plan/program.ts";
import type { WebGpuEngine } from "../webgpu-engine.ts";

/** Commands of one submit: programs in one compute pass, then copies. With a profiler every kernel has its own pass. */
export class Recorder {
  readonly #context: GpuContext;
  readonly #profiler: KernelProfiler | undefined;
  readonly #extent: BatchExtent;
  readonly #encoder: GPUCommandEncoder;
  #pass: GPUComputePassEncoder | undefined;

  constructor({ context, profiler }: WebGpuEngine, extent: BatchExtent) {
    this.#context = context;
    this.#profiler = profiler?.enabled ? profiler : undefined;
    this.#extent = extent;
    this.#encoder = context.device.createCommandEncoder();
  }

  program(program: Program): void {
    if (this.#profiler === undefined) {
      this.#pass ??= this.#encoder.beginComputePass();
      program.record(this.#pass, this.#extent);
      return;
    }
    this.#endPass();
    for (const [index, { kernel, weightBytes = 0 }] of program.steps.entries()) {
      const pass = this.#profiler.begin(this.#encoder, { name: kernel.label, weightBytes });
      program.record(pass, this.#extent, index, index + 1);
      pass.end();
    }
  }

  dispatches(dispatches: readonly Dispatch[]): void {
    for (const { pipeline, bindGroup, workgroups } of dispatches) {
      const pass = this.#passFor(pipeline.kernel.label);
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    }
  }

  /** In bytes, multiples of 4. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, byteLength: number): void {
    this.#endPass();
    this.#encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, byteLength);
  }

  submit(): void {
    this.#endPass();
    this.#context.device.queue.submit([this.#encoder.finish()]);
  }

  #passFor(name: string): GPUComputePassEncoder {
    if (this.#profiler !== undefined) {
      this.#endPass();
      this.#pass = this.#profiler.begin(this.#encoder, { name, weightBytes: 0 });
    }
    this.#pass ??= this.#encoder.beginComputePass();
    return this.#pass;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}
