/** What is counted, besides calls that create something. */
type Work = "submit" | "pass" | "copy" | "map" | "write";

const creators = [
  "createBuffer",
  "createBindGroup",
  "createBindGroupLayout",
  "createPipelineLayout",
  "createShaderModule",
  "createComputePipeline",
  "createComputePipelineAsync",
  "createQuerySet",
] as const;

/** Counts what a device is asked for, from the time on that it is watched. */
export class DeviceLog {
  readonly #created = new Map<string, number>();
  readonly #work = new Map<Work, number>();
  readonly #largest = new Map<string, number>();
  /** Labels of the kernels that were dispatched, in order. */
  dispatches: string[] = [];
  /** Buffers that were created, and not destroyed yet. */
  readonly buffers: Set<GPUBuffer> = new Set();

  constructor(device: GPUDevice) {
    for (const name of creators) this.#watchCreator(device, name);
    const { createCommandEncoder } = device;
    device.createCommandEncoder = (...given) => this.#watchEncoder(createCommandEncoder.apply(device, given));
    this.#count(device.queue, "submit", "submit");
    this.#count(device.queue, "writeBuffer", "write");
  }

  /** How many objects were created: all that WebGPU has but encoders, which live for one submit. */
  get created(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#created);
  }

  times(work: Work): number {
    return this.#work.get(work) ?? 0;
  }

  /** Bytes of the largest buffer of this label. */
  largest(label: string): number {
    return this.#largest.get(label) ?? 0;
  }

  /** Forgets what was counted; buffers that are alive stay known. */
  clear(): void {
    this.#created.clear();
    this.#work.clear();
    this.dispatches = [];
  }

  #watchCreator(device: GPUDevice, name: (typeof creators)[number]): void {
    const create = device[name].bind(device) as (descriptor: unknown) => unknown;
    const watched = (descriptor: unknown) => {
      this.#created.set(name, (this.#created.get(name) ?? 0) + 1);
      const object = create(descriptor);
      if (name === "createBuffer") this.#watchBuffer(object as GPUBuffer, descriptor as GPUBufferDescriptor);
      return object;
    };
    Object.assign(device, { [name]: watched });
  }

  #watchBuffer(buffer: GPUBuffer, { label = "", size }: GPUBufferDescriptor): void {
    this.buffers.add(buffer);
    this.#largest.set(label, Math.max(this.#largest.get(label) ?? 0, size));
    this.#count(buffer, "mapAsync", "map");
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      this.buffers.delete(buffer);
      destroy();
    };
  }

  #watchEncoder(encoder: GPUCommandEncoder): GPUCommandEncoder {
    this.#count(encoder, "copyBufferToBuffer", "copy");
    const { beginComputePass } = encoder;
    encoder.beginComputePass = (...given) => {
      this.#add("pass");
      return this.#watchPass(beginComputePass.apply(encoder, given));
    };
    return encoder;
  }

  #watchPass(pass: GPUComputePassEncoder): GPUComputePassEncoder {
    let label = "";
    const { setPipeline, dispatchWorkgroups } = pass;
    pass.setPipeline = (pipeline) => {
      label = pipeline.label;
      setPipeline.call(pass, pipeline);
    };
    pass.dispatchWorkgroups = (...workgroups) => {
      this.dispatches.push(label);
      dispatchWorkgroups.apply(pass, workgroups);
    };
    return pass;
  }

  #count<Target extends object>(target: Target, method: keyof Target & string, work: Work): void {
    const original = (target[method] as (...given: unknown[]) => unknown).bind(target);
    const counted = (...given: unknown[]) => {
      this.#add(work);
      return original(...given);
    };
    Object.assign(target, { [method]: counted });
  }

  #add(work: Work): void {
    this.#work.set(work, (this.#work.get(work) ?? 0) + 1);
  }
}
