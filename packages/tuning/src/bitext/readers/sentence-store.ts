const segmentBytes = 2 ** 20;

/** Texts by number, packed as UTF-8: 12 bytes beside it for each. */
export class SentenceStore {
  #ids = new Uint32Array(1024);
  /** Where each begins, in bytes over all segments. */
  #starts = new Uint32Array(1024);
  #lengths = new Uint32Array(1024);
  #count = 0;
  #segments: Buffer[] = [];
  #used = segmentBytes;
  #isSorted = true;

  /** A text that is longer than a segment is cut. */
  add(id: number, text: string): void {
    if (this.#count === this.#ids.length) {
      const grow = (array: Uint32Array) => {
        const larger = new Uint32Array(2 * array.length);
        larger.set(array);
        return larger;
      };
      [this.#ids, this.#starts, this.#lengths] = [grow(this.#ids), grow(this.#starts), grow(this.#lengths)];
    }
    if (this.#used + 3 * text.length > segmentBytes && this.#used + Buffer.byteLength(text) > segmentBytes) {
      this.#segments.push(Buffer.allocUnsafeSlow(segmentBytes));
      this.#used = 0;
    }
    const index = this.#count++;
    const length = this.#segments.at(-1)!.write(text, this.#used);
    if (index > 0 && this.#ids[index - 1]! >= id) this.#isSorted = false;
    this.#ids[index] = id;
    this.#starts[index] = (this.#segments.length - 1) * segmentBytes + this.#used;
    this.#lengths[index] = length;
    this.#used += length;
  }

  /** To be called after the last one and before the first question. Of two texts of one number the later one counts. */
  finish(): void {
    if (this.#isSorted) return;
    const order = Uint32Array.from({ length: this.#count }, (_, index) => index);
    order.sort((left, right) => this.#ids[left]! - this.#ids[right]! || left - right);
    const sort = (array: Uint32Array) => order.map((index) => array[index]!);
    [this.#ids, this.#starts, this.#lengths] = [sort(this.#ids), sort(this.#starts), sort(this.#lengths)];
    this.#isSorted = true;
  }

  get(id: number): string | undefined {
    const index = this.#find(id);
    if (index === undefined) return undefined;
    const start = this.#starts[index]!;
    const offset = start % segmentBytes;
    return this.#segments[Math.floor(start / segmentBytes)]!.toString("utf8", offset, offset + this.#lengths[index]!);
  }

  /** The last place of a number. */
  #find(id: number): number | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ids[middle]! <= id) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.#ids[low - 1] === id ? low - 1 : undefined;
  }
}
