import { pageSize } from "../plan/batch-state.ts";
import type { WebGpuSequence } from "../webgpu-sequence.ts";
import type { PagePool } from "./page-pool.ts";

/** A page to copy before a sequence writes into its own version of it. */
export interface PageCopy {
  readonly from: number;
  readonly to: number;
}

export function pagesFor(positions: number): number {
  return Math.ceil(positions / pageSize);
}

/** The positions of `length` that fill whole pages. */
export function wholePages(length: number): number {
  return Math.floor(length / pageSize) * pageSize;
}

/** How many pages have to be taken from the pool before a sequence can hold `length` positions and write from its own on. */
export function missingPages(pool: PagePool, sequence: WebGpuSequence, length: number): number {
  const copied = sharedPageToWrite(pool, sequence) === undefined ? 0 : 1;
  return Math.max(0, pagesFor(length) - sequence.pages.length) + copied;
}

/**
 * Gives a sequence the pages for `length` positions; the pool must have them. A page that it shares and is about to
 * write into is replaced by one of its own.
 * @returns the page to copy, if there is one
 */
export function reservePages(pool: PagePool, sequence: WebGpuSequence, length: number): PageCopy | undefined {
  const { pages, cached } = sequence;
  const index = sharedPageToWrite(pool, sequence);
  let copy: PageCopy | undefined;
  if (index !== undefined) {
    const from = pages[index]!;
    const to = pool.take();
    pages[index] = to;
    sequence.unwrittenPages = Math.min(sequence.unwrittenPages, index);
    pool.release(from);
    // A page that begins behind what is cached holds nothing yet.
    if (cached % pageSize !== 0) copy = { from, to };
  }
  while (pages.length < pagesFor(length)) pages.push(pool.take());
  return copy;
}

/** Which page a sequence writes into next, as a place in its list, where there is one and others have it, too. */
export function sharedPageToWrite(pool: PagePool, { pages, cached }: WebGpuSequence): number | undefined {
  const index = Math.floor(cached / pageSize);
  return index < pages.length && pool.isShared(pages[index]!) ? index : undefined;
}

/** Gives back the pages behind `length` positions. */
export function releasePages(pool: PagePool, sequence: WebGpuSequence, length: number): void {
  for (const page of sequence.pages.splice(pagesFor(length))) pool.release(page);
  sequence.unwrittenPages = Math.min(sequence.unwrittenPages, sequence.pages.length);
}
