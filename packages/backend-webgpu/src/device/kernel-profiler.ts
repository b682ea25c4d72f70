import type { WebGpuProfile } from "../webgpu-profile.ts";
import { bufferUsage, mapMode } from "./constants.ts";
import type { GpuContext } from "./gpu-context.ts";

/** Queries of one set; WebGPU allows 4096. */
const maxQueries = 4096;

interface TimedKernel {
  readonly name: string;
  readonly weightBytes: number;
}

/** Records one compute pass a kernel, with timestamps at both ends, and adds the times to a profile. */
export class KernelProfiler {
  readonly #context: GpuContext;
  readonly #profile: WebGpuProfile;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;
  #kernels: TimedKernel[] = [];

  /** `undefined` where the device has no timestamps. */
  static create(context: GpuContext, profile: WebGpuProfile | undefined): KernelProfiler | undefined {
    const possible = profile !== undefined && context.device.features.has("timestamp-query");
    return possible ? new KernelProfiler(context, profile) : undefined;
  }

  private constructor(context: GpuContext, profile: WebGpuProfile) {
    const { queryResolve, copySource, copyDestination, mapRead } = bufferUsage;
    this.#context = context;
    this.#profile = profile;
    this.#queries = context.device.createQuerySet({ type: "timestamp", count: maxQueries });
    this.#resolved = context.createBuffer({ size: maxQueries * 8, usage: queryResolve | copySource });
    this.#staging = context.createBuffer({ size: maxQueries * 8, usage: copyDestination | mapRead });
  }

  get enabled(): boolean {
    return this.#profile.enabled;
  }

  /** A pass for one kernel. Beyond what the query set holds, passes are not timed. */
  begin(encoder: GPUCommandEncoder, kernel: TimedKernel): GPUComputePassEncoder {
    const query = 2 * this.#kernels.length;
    if (query + 2 > maxQueries) return encoder.beginComputePass();
    this.#kernels.push(kernel);
    return encoder.beginComputePass({
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: query,
        endOfPassWriteIndex: query + 1,
      },
    });
  }

  /** Adds the times of all passes since the last call, which must have been submitted, to the profile. */
  async collect(): Promise<void> {
    const kernels = this.#kernels.splice(0);
    if (kernels.length === 0) return;
    const bytes = kernels.length * 16;
    const encoder = this.#context.device.createCommandEncoder();
    encoder.resolveQuerySet(this.#queries, 0, 2 * kernels.length, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, bytes);
    this.#context.device.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(mapMode.read, 0, bytes);
    const times = new BigUint64Array(this.#staging.getMappedRange(0, bytes));
    this.#profile.add(
      kernels.map((kernel, index) => ({
        ...kernel,
        begin: Number(times[2 * index]!),
        end: Number(times[2 * index + 1]!),
      })),
    );
    this.#staging.unmap();
  }
}
