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

/** How many pages have to be taken from the pool before a sequence can hold `length` positions and write from its own on. */
export function missingPages(pool: PagePool, { pages, position }: WebGpuSequence, length: number): number {
  return (
    Math.max(0, pagesFor(length) - pages.length) + (sharedPageToWrite(pool, pages, position) === undefined ? 0 : 1)
  );
}

/**
 * Gives a sequence the pages for `length` positions; the pool must have them. A page that it shares and is about to
 * write into is replaced by one of its own.
 * @returns the page to copy, if there is one
 */
export function reservePages(pool: PagePool, sequence: WebGpuSequence, length: number): PageCopy | undefined {
  const { pages, position } = sequence;
  const index = sharedPageToWrite(pool, pages, position);
  let copy: PageCopy | undefined;
  if (index !== undefined) {
    const from = pages[index]!;
    const to = pool.take();
    pages[index] = to;
    sequence.unwrittenPages = Math.min(sequence.unwrittenPages, index);
    pool.release(from);
    // A page that begins at the position holds nothing yet.
    if (position % pageSize !== 0) copy = { from, to };
  }
  while (pages.length < pagesFor(length)) pages.push(pool.take());
  return copy;
}

function sharedPageToWrite(pool: PagePool, pages: readonly number[], position: number): number | undefined {
  const index = Math.floor(position / pageSize);
  return index < pages.length && pool.isShared(pages[index]!) ? index : undefined;
}

/** Gives back the pages behind `length` positions. */
export function releasePages(pool: PagePool, sequence: WebGpuSequence, length: number): void {
  for (const page of sequence.pages.splice(pagesFor(length))) pool.release(page);
  sequence.unwrittenPages = Math.min(sequence.unwrittenPages, sequence.pages.length);
}
