import type { Dispatch } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { BatchExtent, Program } from "../plan/program.ts";

/** Commands of one submit: programs in one compute pass, then copies. */
export class Recorder {
  readonly #context: GpuContext;
  readonly #extent: BatchExtent;
  readonly #encoder: GPUCommandEncoder;
  #pass: GPUComputePassEncoder | undefined;

  constructor(context: GpuContext, extent: BatchExtent) {
    this.#context = context;
    this.#extent = extent;
    this.#encoder = context.device.createCommandEncoder();
  }

  program(program: Program): void {
    this.#pass ??= this.#encoder.beginComputePass();
    program.record(this.#pass, this.#extent);
  }

  dispatches(dispatches: readonly Dispatch[]): void {
    this.#pass ??= this.#encoder.beginComputePass();
    for (const { pipeline, bindGroup, workgroups } of dispatches) {
      this.#pass.setPipeline(pipeline.pipeline);
      this.#pass.setBindGroup(0, bindGroup);
      this.#pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
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

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}
