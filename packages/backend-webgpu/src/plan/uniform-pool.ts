import type { GpuContext } from "../device/gpu-context.ts";

/** WebGPU's largest alignment of uniform offsets. */
const slotBytes = 256;
const slotsOfBuffer = 256;

/** Small uniforms that never change; equal ones are one. */
export class UniformPool {
  readonly #context: GpuContext;
  readonly #slots = new Map<string, GPUBufferBinding>();
  readonly #buffers: GPUBuffer[] = [];

  constructor(context: GpuContext) {
    this.#context = context;
  }

  /** @param data at most 256 bytes */
  get(data: Uint32Array<ArrayBuffer>): GPUBufferBinding {
    const key = data.join();
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#slots.size % slotsOfBuffer;
    if (slot === 0) this.#buffers.push(this.#context.createUniform("sizes", slotsOfBuffer * slotBytes));
    const buffer = this.#buffers.at(-1)!;
    const binding = { buffer, offset: slot * slotBytes, size: data.byteLength };
    this.#context.device.queue.writeBuffer(buffer, binding.offset, data);
    this.#slots.set(key, binding);
    return binding;
  }

  dispose(): void {
    for (const buffer of this.#buffers.splice(0)) this.#context.free(buffer);
    this.#slots.clear();
  }
}
