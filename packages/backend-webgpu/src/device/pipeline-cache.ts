import { type Kernel, kernelLayout, kernelModule } from "./kernel.ts";

/** A kernel made ready for one device. */
export interface Pipeline {
  readonly kernel: Kernel;
  readonly layout: GPUBindGroupLayout;
  readonly pipeline: GPUComputePipeline;
}

/** Compiles every kernel once. Two kernels with the same bindings and code are the same pipeline. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Compiled on the spot when it is not there yet, which may hold up whatever comes next. */
  get(kernel: Kernel): Pipeline {
    const code = kernelModule(kernel);
    const known = this.#pipelines.get(code);
    if (known !== undefined) return known;
    const { layout, descriptor } = this.#describe(kernel, code);
    return this.#keep(code, { kernel, layout, pipeline: this.#device.createComputePipeline(descriptor) });
  }

  /** Compiles many at once, without holding up the caller's thread. */
  async prepare(kernels: readonly Kernel[]): Promise<void> {
    const wanted = new Map(kernels.map((kernel) => [kernelModule(kernel), kernel]));
    await Promise.all(
      [...wanted].map(async ([code, kernel]) => {
        if (this.#pipelines.has(code)) return;
        const { layout, descriptor } = this.#describe(kernel, code);
        this.#keep(code, { kernel, layout, pipeline: await this.#device.createComputePipelineAsync(descriptor) });
      }),
    );
  }

  #keep(code: string, pipeline: Pipeline): Pipeline {
    this.#pipelines.set(code, pipeline);
    return pipeline;
  }

  #describe(kernel: Kernel, code: string) {
    const { label } = kernel;
    const entries = kernelLayout(kernel);
    const key = JSON.stringify(entries);
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({ entries });
      this.#layouts.set(key, layout);
    }
    const module = this.#device.createShaderModule({ label, code });
    const descriptor: GPUComputePipelineDescriptor = {
      label,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    };
    return { layout, descriptor };
  }
}
