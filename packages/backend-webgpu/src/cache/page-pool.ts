/**
 * Which pages of the KV cache are in use, and by how many sequences. Pages that two sequences share hold the same
 * beginning of a text; whoever wants to write into one takes a copy first.
 */
export class PagePool {
  #references = new Uint16Array(0);
  /** Free pages; the last is taken first. */
  #free: number[] = [];

  /** All pages there are, free ones included. */
  get size(): number {
    return this.#references.length;
  }

  get free(): number {
    return this.#free.length;
  }

  /** Adds pages up to `size`. */
  grow(size: number): void {
    const references = new Uint16Array(size);
    references.set(this.#references);
    const added = Array.from({ length: size - this.size }, (_, index) => size - 1 - index);
    this.#free = [...added, ...this.#free];
    this.#references = references;
  }

  /** Takes a free page, which there must be. */
  take(): number {
    const page = this.#free.pop()!;
    this.#references[page] = 1;
    return page;
  }

  share(page: number): void {
    this.#references[page]!++;
  }

  release(page: number): void {
    if (--this.#references[page]! === 0) this.#free.push(page);
  }

  isShared(page: number): boolean {
    return this.#references[page]! > 1;
  }
}
