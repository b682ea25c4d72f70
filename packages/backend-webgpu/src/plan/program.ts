import { bind } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { Kernel } from "../device/kernel.ts";
import type { Pipeline } from "../device/pipeline-cache.ts";

/** What changes from one run of a program to the next. */
export interface BatchExtent {
  /** Rows of the batch, one for each token. */
  rows: number;
  /** Rows whose scores are wanted. */
  outputs: number;
  /** Parts that attention cuts the longest sequence into. */
  splits: number;
  /** Groups of consecutive rows of one sequence. */
  tiles: number;
}

/** Workgroups along one dimension: always as many, or as the batch needs. */
export type Extent = number | ((batch: BatchExtent) => number);

export interface Step {
  readonly kernel: Kernel;
  readonly buffers: readonly (GPUBuffer | GPUBufferBinding)[];
  readonly workgroups: readonly [x: Extent, y: Extent, z: Extent];
  /** Bytes of weights that it reads, for the profiler. */
  readonly weightBytes?: number | undefined;
}

interface ReadyStep extends Step {
  readonly pipeline: Pipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Kernels with their buffers in the order in which they run, bound once and recorded many times. */
export class Program {
  readonly #steps: readonly ReadyStep[];

  private constructor(steps: readonly ReadyStep[]) {
    this.#steps = steps;
  }

  /** Compiles what is not compiled yet, and binds. */
  static async build(context: GpuContext, steps: readonly Step[]): Promise<Program> {
    await context.pipelines.prepare(steps.map(({ kernel }) => kernel));
    return new Program(
      steps.map((step) => {
        const pipeline = context.pipelines.get(step.kernel);
        return { ...step, pipeline, bindGroup: bind(context.device, pipeline, step.buffers) };
      }),
    );
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** Records steps `first` … `end` − 1 into a compute pass. Creates nothing. */
  record(pass: GPUComputePassEncoder, batch: BatchExtent, first = 0, end: number = this.#steps.length): void {
    for (let index = first; index < end; index++) {
      const { pipeline, bindGroup, workgroups } = this.#steps[index]!;
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(
        countOf(workgroups[0], batch),
        countOf(workgroups[1], batch),
        countOf(workgroups[2], batch),
      );
    }
  }
}

function countOf(extent: Extent, batch: BatchExtent): number {
  return typeof extent === "number" ? extent : extent(batch);
}
