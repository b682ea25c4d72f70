import type { GpuContext } from "../device/gpu-context.ts";

/** A storage buffer for what has no useful bound, replaced by a larger one when a run needs more. */
export class GrowingBuffer {
  readonly #context: GpuContext;
  readonly #label: string;
  #buffer: GPUBuffer;

  constructor(context: GpuContext, label: string, byteLength: number) {
    this.#context = context;
    this.#label = label;
    this.#buffer = context.createStorage(label, byteLength);
  }

  get buffer(): GPUBuffer {
    return this.#buffer;
  }

  /**
   * Makes room. What was in the buffer is lost when it grows, and commands that use it must have been submitted.
   * @returns whether it grew: bind groups must be made again
   */
  reserve(byteLength: number): boolean {
    const { size } = this.#buffer;
    if (byteLength <= size) return false;
    this.#context.free(this.#buffer);
    this.#buffer = this.#context.createStorage(this.#label, Math.max(byteLength, Math.min(2 * size, size + 2 ** 20)));
    return true;
  }

  dispose(): void {
    this.#context.free(this.#buffer);
  }
}
