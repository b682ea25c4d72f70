import type { TokenMask } from "@bayling/core/backend";
import type { GpuContext } from "../device/gpu-context.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { groupsOf, type ScoreShape } from "./score-shape.ts";

/** Token masks of the rows of scores on the GPU, as `tokenMaskCode` reads them. */
export class TokenMasks {
  readonly #context: GpuContext;
  readonly #wordsOfMask: number;
  readonly #starts: Uint32Array<ArrayBuffer>;
  readonly #buffer: GrowingBuffer;

  constructor(context: GpuContext, shape: ScoreShape, maxRows: number) {
    this.#context = context;
    this.#wordsOfMask = groupsOf(shape);
    this.#starts = new Uint32Array(maxRows);
    this.#buffer = new GrowingBuffer(context, "token masks", 4 * maxRows);
  }

  get buffer(): GPUBuffer {
    return this.#buffer.buffer;
  }

  /**
   * Uploads the mask of each row that has one; rows beyond the array have none.
   * @returns whether the buffer was replaced
   */
  write(masks: readonly (TokenMask | undefined)[]): boolean {
    const { queue } = this.#context.device;
    this.#starts.fill(0);
    let end = this.#starts.length;
    masks.forEach((mask, row) => {
      if (mask === undefined) return;
      this.#starts[row] = end;
      end += this.#wordsOfMask;
    });
    const grew = this.#buffer.reserve(4 * end);
    queue.writeBuffer(this.buffer, 0, this.#starts);
    masks.forEach((mask, row) => {
      if (mask !== undefined) queue.writeBuffer(this.buffer, 4 * this.#starts[row]!, mask as Uint32Array<ArrayBuffer>);
    });
    return grew;
  }

  dispose(): void {
    this.#buffer.dispose();
  }
}
