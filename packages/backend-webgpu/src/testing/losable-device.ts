/** Kernels of the device below, by their code: compiling takes longer than all else, and outlives a loss here. */
type CompiledKernels = Map<string, Promise<GPUComputePipeline>>;

/**
 * A device on top of a real one that can be lost as WebGPU says: nothing that is asked of it fails or has an effect any
 * more, but that reading is refused. The real one stays, so losses cost no compilation, and may come at any call.
 */
export class LosableDevice {
  readonly lost: Promise<GPUDeviceLostInfo>;
  readonly queue: GPUQueue;
  /** Buffers of other devices that this one was asked to bind. */
  foreignBuffers = 0;
  readonly #real: GPUDevice;
  readonly #kernels: CompiledKernels;
  readonly #codes = new WeakMap<GPUShaderModule, string>();
  readonly #buffers = new WeakSet<GPUBuffer>();
  readonly #newsDelay: number;
  #isLost = false;
  #tellLost: (info: GPUDeviceLostInfo) => void = () => {};
  #refuse: (error: Error) => void = () => {};
  readonly #refusal: Promise<never>;
  #calls = 0;
  #lastCall = Number.POSITIVE_INFINITY;
  #scopes = 0;

  /** @param newsDelay milliseconds from the loss to the news of it: failures may come first */
  constructor(real: GPUDevice, kernels: CompiledKernels, newsDelay = 0) {
    this.#real = real;
    this.#kernels = kernels;
    this.#newsDelay = newsDelay;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    this.#refusal = new Promise((_, reject) => {
      this.#refuse = reject;
    });
    this.#refusal.catch(() => {});
    this.queue = this.#makeQueue() as GPUQueue;
  }

  get asDevice(): GPUDevice {
    return this as unknown as GPUDevice;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** How many calls were made. */
  get calls(): number {
    return this.#calls;
  }

  /** Loses the device at the call after this many more. */
  loseAfter(calls: number): this {
    this.#lastCall = this.#calls + calls;
    return this;
  }

  destroy(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#refuse(new DOMException("the device is lost", "AbortError"));
    setTimeout(() => this.#tellLost({ reason: "destroyed", message: "" } as GPUDeviceLostInfo), this.#newsDelay);
  }

  get features(): GPUSupportedFeatures {
    return this.#real.features;
  }

  get limits(): GPUSupportedLimits {
    return this.#real.limits;
  }

  get adapterInfo(): GPUAdapterInfo {
    return this.#real.adapterInfo;
  }

  /** Errors are for whoever listens to the real one. */
  addEventListener(): void {}

  createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    this.#call();
    const buffer = this.#real.createBuffer(descriptor);
    this.#buffers.add(buffer);
    const mapAsync = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (...given) => {
      this.#call();
      return this.#isLost ? this.#refusal : Promise.race([mapAsync(...given), this.#refusal]);
    };
    return buffer;
  }

  createBindGroup(descriptor: GPUBindGroupDescriptor): GPUBindGroup {
    this.#call();
    for (const { resource } of descriptor.entries) {
      if (!this.#buffers.has((resource as GPUBufferBinding).buffer)) this.foreignBuffers++;
    }
    return this.#real.createBindGroup(descriptor);
  }

  createBindGroupLayout(descriptor: GPUBindGroupLayoutDescriptor): GPUBindGroupLayout {
    this.#call();
    return this.#real.createBindGroupLayout(descriptor);
  }

  createPipelineLayout(descriptor: GPUPipelineLayoutDescriptor): GPUPipelineLayout {
    this.#call();
    return this.#real.createPipelineLayout(descriptor);
  }

  createShaderModule(descriptor: GPUShaderModuleDescriptor): GPUShaderModule {
    this.#call();
    const module = this.#real.createShaderModule(descriptor);
    this.#codes.set(module, descriptor.code);
    return module;
  }

  createComputePipelineAsync(descriptor: GPUComputePipelineDescriptor): Promise<GPUComputePipeline> {
    this.#call();
    const code = this.#codes.get(descriptor.compute.module)!;
    const known = this.#kernels.get(code) ?? this.#real.createComputePipelineAsync(descriptor);
    this.#kernels.set(code, known);
    return known;
  }

  createComputePipeline(descriptor: GPUComputePipelineDescriptor): GPUComputePipeline {
    this.#call();
    return this.#real.createComputePipeline(descriptor);
  }

  createQuerySet(descriptor: GPUQuerySetDescriptor): GPUQuerySet {
    this.#call();
    return this.#real.createQuerySet(descriptor);
  }

  createCommandEncoder(): GPUCommandEncoder {
    this.#call();
    return this.#real.createCommandEncoder();
  }

  pushErrorScope(filter: GPUErrorFilter): void {
    this.#call();
    if (this.#isLost) return;
    this.#scopes++;
    this.#real.pushErrorScope(filter);
  }

  async popErrorScope(): Promise<GPUError | null> {
    this.#call();
    if (this.#scopes === 0) return null;
    this.#scopes--;
    const error = await this.#real.popErrorScope();
    return this.#isLost ? null : error;
  }

  #makeQueue(): Pick<GPUQueue, "submit" | "writeBuffer" | "onSubmittedWorkDone"> {
    const { queue } = this.#real;
    return {
      submit: (buffers) => {
        this.#call();
        if (!this.#isLost) queue.submit(buffers);
      },
      writeBuffer: (...given) => {
        this.#call();
        if (!this.#isLost) queue.writeBuffer(...given);
      },
      onSubmittedWorkDone: async () => {
        this.#call();
        if (!this.#isLost) await Promise.race([queue.onSubmittedWorkDone(), this.#refusal.catch(() => {})]);
        else await new Promise((resolve) => setTimeout(resolve, 1));
      },
    };
  }

  #call(): void {
    if (this.#calls++ >= this.#lastCall) this.destroy();
  }
}
