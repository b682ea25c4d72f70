import type { BatchExtent, Program } from "../plan/program.ts";
import type { KernelRun } from "../webgpu-profile.ts";
import { bufferUsage, mapMode } from "./constants.ts";
import type { GpuContext } from "./gpu-context.ts";

/** Queries of one set; WebGPU allows 4096. */
const maxQueries = 4096;

/** Records programs with one pass a kernel, and reads when each began and ended. */
export class TimestampRecorder {
  readonly #context: GpuContext;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  #kernels: { readonly name: string; readonly weightBytes: number }[] = [];

  constructor(context: GpuContext) {
    this.#context = context;
    this.#queries = context.device.createQuerySet({ type: "timestamp", count: maxQueries });
    const { queryResolve, copySource } = bufferUsage;
    this.#resolved = context.createBuffer({ size: maxQueries * 8, usage: queryResolve | copySource });
  }

  /** Whether this many more kernels can be recorded before the next {@link read}. */
  hasRoom(kernels: number): boolean {
    return 2 * (this.#kernels.length + kernels) <= maxQueries;
  }

  record(encoder: GPUCommandEncoder, program: Program, batch: BatchExtent): void {
    program.steps.forEach(({ kernel, weightBytes = 0 }, index) => {
      const query = 2 * this.#kernels.length;
      this.#kernels.push({ name: kernel.label, weightBytes });
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet: this.#queries,
          beginningOfPassWriteIndex: query,
          endOfPassWriteIndex: query + 1,
        },
      });
      program.record(pass, batch, index, index + 1);
      pass.end();
    });
  }

  /** Times of all that was recorded since the last call, which must have been submitted. */
  async read(): Promise<KernelRun[]> {
    const kernels = this.#kernels.splice(0);
    if (kernels.length === 0) return [];
    const bytes = kernels.length * 16;
    const { copyDestination, mapRead } = bufferUsage;
    const staging = this.#context.createBuffer({ size: bytes, usage: copyDestination | mapRead });
    try {
      const encoder = this.#context.device.createCommandEncoder();
      encoder.resolveQuerySet(this.#queries, 0, 2 * kernels.length, this.#resolved, 0);
      encoder.copyBufferToBuffer(this.#resolved, 0, staging, 0, bytes);
      this.#context.device.queue.submit([encoder.finish()]);
      await staging.mapAsync(mapMode.read);
      const times = new BigUint64Array(staging.getMappedRange());
      return kernels.map((kernel, index) => ({
        ...kernel,
        begin: Number(times[2 * index]!),
        end: Number(times[2 * index + 1]!),
      }));
    } finally {
      this.#context.free(staging);
    }
  }

  dispose(): void {
    this.#queries.destroy();
    this.#context.free(this.#resolved);
  }
}
