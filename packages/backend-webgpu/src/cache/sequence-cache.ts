import { bind } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { Kernel } from "../device/kernel.ts";
import { pageSize } from "../plan/batch-state.ts";
import { outOfMemory } from "../webgpu-errors.ts";
import type { WebGpuSequence } from "../webgpu-sequence.ts";
import { copyPages, copyPagesWorkgroups } from "./copy-pages.ts";
import type { KvCache } from "./kv-cache.ts";
import { missingPages, type PageCopy, pagesFor, releasePages, reservePages, sharedPageToWrite } from "./page-table.ts";

export interface SequenceCacheLimits {
  readonly pagesPerSequence: number;
  /** The most pages that the buffers of the cache can have. */
  readonly maxPages: number;
}

/** Gives sequences their pages of the KV cache and keeps the page table on the GPU. */
export class SequenceCache {
  readonly #context: GpuContext;
  readonly #cache: KvCache;
  readonly #pageTable: GPUBuffer;
  readonly #limits: SequenceCacheLimits;
  readonly #onGrow: () => void;
  readonly #copyKernel: Kernel;

  /** @param onGrow called when the buffers of the cache are others than before */
  constructor(
    context: GpuContext,
    cache: KvCache,
    pageTable: GPUBuffer,
    limits: SequenceCacheLimits,
    onGrow: () => void,
  ) {
    this.#context = context;
    this.#cache = cache;
    this.#pageTable = pageTable;
    this.#limits = limits;
    this.#onGrow = onGrow;
    this.#copyKernel = copyPages(cache.pageBytes / 4);
  }

  /** Where the page table of a sequence begins. */
  tableStart(sequence: WebGpuSequence): number {
    return sequence.index * this.#limits.pagesPerSequence;
  }

  /**
   * Makes room for sequences to hold so many positions each, and submits copies of pages that were shared.
   * @throws BayLingError `out-of-memory`; nothing has changed then
   */
  async reserve(wanted: readonly { readonly sequence: WebGpuSequence; readonly length: number }[]): Promise<void> {
    const { pool } = this.#cache;
    const missing = wanted.reduce((sum, { sequence, length }) => sum + missingPages(pool, sequence, length), 0);
    if (missing > pool.free) await this.#grow(pool.size - pool.free + missing);
    const copying = wanted.some(({ sequence }) => sharedPageToWrite(pool, sequence) !== undefined);
    if (copying) await this.#context.pipelines.prepare([this.#copyKernel]);
    const copies: PageCopy[] = [];
    for (const { sequence, length } of wanted) {
      const copy = reservePages(pool, sequence, length);
      if (copy !== undefined) copies.push(copy);
      this.#writeTable(sequence);
    }
    if (copies.length > 0) this.#copy(copies);
  }

  /** The second sequence, which has nothing cached, gets the first positions of the first one without copying them. */
  share(from: WebGpuSequence, to: WebGpuSequence, length: number): void {
    to.pages = from.pages.slice(0, pagesFor(length));
    for (const page of to.pages) this.#cache.pool.share(page);
    to.unwrittenPages = 0;
    to.cached = length;
  }

  /** Gives back pages behind what is cached. */
  truncate(sequence: WebGpuSequence): void {
    releasePages(this.#cache.pool, sequence, sequence.cached);
  }

  release(sequence: WebGpuSequence): void {
    releasePages(this.#cache.pool, sequence, 0);
  }

  /** By doubling, so that it seldom happens, as far as the buffers can go. */
  async #grow(needed: number): Promise<void> {
    const { pool, pageBytes } = this.#cache;
    const { maxPages } = this.#limits;
    if (needed > maxPages) {
      const expected = `at most ${maxPages * pageSize} positions of all sequences together`;
      throw outOfMemory(`the KV cache of ${needed * pageSize} positions`, needed * pageBytes, expected);
    }
    const doubled = Math.min(2 * pool.size, maxPages);
    try {
      await this.#cache.grow(Math.max(needed, doubled));
    } catch (error) {
      if (doubled <= needed) throw error;
      await this.#cache.grow(needed);
    }
    this.#onGrow();
  }

  #writeTable(sequence: WebGpuSequence): void {
    const first = sequence.unwrittenPages;
    if (first >= sequence.pages.length) return;
    const entries = Uint32Array.from(sequence.pages.slice(first));
    this.#context.device.queue.writeBuffer(this.#pageTable, (this.tableStart(sequence) + first) * 4, entries);
    sequence.unwrittenPages = sequence.pages.length;
  }

  #copy(copies: readonly PageCopy[]): void {
    const { device, pipelines } = this.#context;
    const words = this.#cache.pageBytes / 4;
    const pipeline = pipelines.get(this.#copyKernel);
    const pairs = this.#context.createStorage("pages to copy", copies.length * 8);
    device.queue.writeBuffer(pairs, 0, Uint32Array.from(copies.flatMap(({ from, to }) => [from, to])));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline.pipeline);
    this.#cache.keys.forEach((keys, layer) => {
      pass.setBindGroup(0, bind(device, pipeline, [pairs, keys, this.#cache.values[layer]!]));
      pass.dispatchWorkgroups(...copyPagesWorkgroups(words, copies.length));
    });
    pass.end();
    device.queue.submit([encoder.finish()]);
    this.#context.free(pairs);
  }
}
