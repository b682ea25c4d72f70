interface Scope {
  readonly filter: GPUErrorFilter;
  error: GPUError | null;
}

/** Makes a device refuse buffers beyond so many bytes in all, as one whose memory is used up. */
export class LimitedMemory {
  /** May be changed at any time. */
  limit: number;
  #used = 0;
  readonly #scopes: Scope[] = [];

  constructor(device: GPUDevice, limit: number) {
    this.limit = limit;
    const createBuffer = device.createBuffer.bind(device);
    const popErrorScope = device.popErrorScope.bind(device);
    const pushErrorScope = device.pushErrorScope.bind(device);
    device.createBuffer = (descriptor) => {
      if (this.#used + descriptor.size <= this.limit) return this.#count(createBuffer(descriptor));
      const scope = this.#scopes.findLast(({ filter }) => filter === "out-of-memory");
      if (scope === undefined) throw new Error(`nobody asked whether there is room for "${descriptor.label}"`);
      scope.error ??= { message: "no room" } as GPUError;
      return createBuffer({ ...descriptor, size: 16 });
    };
    device.pushErrorScope = (filter) => {
      this.#scopes.push({ filter, error: null });
      pushErrorScope(filter);
    };
    device.popErrorScope = async () => {
      const { error } = this.#scopes.pop()!;
      return (await popErrorScope()) ?? error;
    };
  }

  /** Bytes of the buffers that are alive. */
  get used(): number {
    return this.#used;
  }

  #count(buffer: GPUBuffer): GPUBuffer {
    const { size } = buffer;
    const destroy = buffer.destroy.bind(buffer);
    let counted = size;
    this.#used += size;
    buffer.destroy = () => {
      this.#used -= counted;
      counted = 0;
      destroy();
    };
    return buffer;
  }
}
