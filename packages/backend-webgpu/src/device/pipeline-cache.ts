import { type Kernel, kernelLayout, kernelModule } from "./kernel.ts";

/** What buffers are bound to: a kernel, compiled or not. */
export interface BoundKernel {
  readonly kernel: Kernel;
  readonly layout: GPUBindGroupLayout;
}

/** A kernel made ready for one device. */
export interface Pipeline extends BoundKernel {
  readonly pipeline: GPUComputePipeline;
}

/** Compiles every kernel once. Two kernels with the same bindings and code are the same pipeline. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  /** The same by kernel, because putting the code together takes longer than recording a dispatch. */
  readonly #known = new WeakMap<Kernel, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Compiled on the spot when it is not there yet, which may hold up whatever comes next. */
  get(kernel: Kernel): Pipeline {
    const known = this.#find(kernel);
    if (known !== undefined) return known;
    return this.#keep(kernel, this.#device.createComputePipeline(this.#describe(kernel)));
  }

  /** To bind a kernel's buffers before it is compiled. */
  bound(kernel: Kernel): BoundKernel {
    return { kernel, layout: this.#layout(kernel) };
  }

  /** Compiles many at once, without holding up the caller's thread. */
  async prepare(kernels: readonly Kernel[]): Promise<void> {
    const missing = kernels.filter((kernel) => this.#find(kernel) === undefined);
    const wanted = new Map(missing.map((kernel) => [kernelModule(kernel), kernel]));
    await Promise.all(
      [...wanted.values()].map(async (kernel) => {
        this.#keep(kernel, await this.#device.createComputePipelineAsync(this.#describe(kernel)));
      }),
    );
  }

  #find(kernel: Kernel): Pipeline | undefined {
    const known = this.#known.get(kernel) ?? this.#pipelines.get(kernelModule(kernel));
    if (known !== undefined) this.#known.set(kernel, known);
    return known;
  }

  #keep(kernel: Kernel, pipeline: GPUComputePipeline): Pipeline {
    const kept = { ...this.bound(kernel), pipeline };
    this.#pipelines.set(kernelModule(kernel), kept);
    this.#known.set(kernel, kept);
    return kept;
  }

  #layout(kernel: Kernel): GPUBindGroupLayout {
    const entries = kernelLayout(kernel);
    const key = JSON.stringify(entries);
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({ entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  #describe(kernel: Kernel): GPUComputePipelineDescriptor {
    const { label } = kernel;
    return {
      label,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [this.#layout(kernel)] }),
      compute: {
        module: this.#device.createShaderModule({ label, code: kernelModule(kernel) }),
        entryPoint: "main",
      },
    };
  }
}
