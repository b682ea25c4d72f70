import { allocateOrThrow } from "../device/allocate.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import { pageSize } from "../plan/batch-state.ts";
import type { CacheType } from "./cache-type.ts";
import { PagePool } from "./page-pool.ts";

export interface KvCacheShape {
  readonly layers: number;
  /** Elements of one position: keyValueHeads · headSize. */
  readonly width: number;
  readonly type: CacheType;
}

/**
 * Keys and values of all sequences: for every layer two buffers of [pages · pageSize, width]. It is made for one sequence
 * over the whole context and grows, by copying, when more are alive and need it.
 */
export class KvCache {
  readonly #context: GpuContext;
  readonly shape: KvCacheShape;
  readonly pool: PagePool = new PagePool();
  /** By layer. New buffers after each {@link grow}. */
  keys: readonly GPUBuffer[] = [];
  values: readonly GPUBuffer[] = [];

  constructor(context: GpuContext, shape: KvCacheShape) {
    this.#context = context;
    this.shape = shape;
  }

  /** Bytes of one page in one of the buffers. */
  get pageBytes(): number {
    return pageBytes(this.shape);
  }

  /** Adds pages up to `pages`; what is cached stays. @throws BayLingError `out-of-memory`, with all as it was before */
  async grow(pages: number): Promise<void> {
    const grown = await allocateOrThrow(this.#context, `the KV cache of ${pages * pageSize} positions`, () =>
      Array.from({ length: 2 * this.shape.layers }, (_, index) =>
        this.#context.createStorage(index % 2 === 0 ? "keys" : "values", pages * this.pageBytes),
      ),
    );
    const keys = grown.filter((_, index) => index % 2 === 0);
    const values = grown.filter((_, index) => index % 2 === 1);
    if (this.pool.size > 0) {
      const encoder = this.#context.device.createCommandEncoder();
      const copy = (from: readonly GPUBuffer[], to: readonly GPUBuffer[]) =>
        from.forEach((buffer, layer) => {
          encoder.copyBufferToBuffer(buffer, 0, to[layer]!, 0, this.pool.size * this.pageBytes);
        });
      copy(this.keys, keys);
      copy(this.values, values);
      this.#context.device.queue.submit([encoder.finish()]);
    }
    this.dispose();
    this.keys = keys;
    this.values = values;
    this.pool.grow(pages);
  }

  dispose(): void {
    for (const buffer of [...this.keys, ...this.values]) this.#context.free(buffer);
    this.keys = [];
    this.values = [];
  }
}

export function pageBytes({ width, type }: KvCacheShape): number {
  return pageSize * width * (type === "f32" ? 4 : 2);
}
