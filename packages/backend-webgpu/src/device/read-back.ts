import { bufferUsage, mapMode } from "./constants.ts";
import type { GpuContext } from "./gpu-context.ts";

/** Buffers to read through, kept and used again: each is mapped from one read to its end. */
export class ReadBack {
  readonly #context: GpuContext;
  #idle: GPUBuffer[] = [];

  constructor(context: GpuContext) {
    this.#context = context;
  }

  /** A buffer of at least this size, to copy into. */
  take(byteLength: number): GPUBuffer {
    const fitting = this.#idle.findIndex(({ size }) => size >= byteLength && size <= 4 * Math.max(byteLength, 1024));
    if (fitting !== -1) return this.#idle.splice(fitting, 1)[0]!;
    const { copyDestination, mapRead } = bufferUsage;
    const size = 2 ** Math.ceil(Math.log2(Math.max(byteLength, 256)));
    return this.#context.createBuffer({ label: "read back", size, usage: copyDestination | mapRead });
  }

  /** Waits for what was copied into the buffer, hands it to `use`, and keeps the buffer for the next. */
  async read<T>(buffer: GPUBuffer, byteLength: number, use: (bytes: ArrayBuffer) => T): Promise<T> {
    const size = Math.ceil(byteLength / 4) * 4;
    try {
      await buffer.mapAsync(mapMode.read, 0, size);
      const result = use(buffer.getMappedRange(0, size));
      buffer.unmap();
      this.#idle.push(buffer);
      if (this.#idle.length > 8) this.#context.free(this.#idle.shift()!);
      return result;
    } catch (error) {
      this.#context.free(buffer);
      throw error;
    }
  }
}
