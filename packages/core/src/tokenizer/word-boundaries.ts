/** A growable list of offsets into a text: where each word ends. */
export class WordBoundaries {
  #ends: Int32Array = new Int32Array(256);
  length = 0;

  push(end: number): void {
    if (this.length === this.#ends.length) {
      const larger = new Int32Array(this.#ends.length * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.length++] = end;
  }

  at(index: number): number {
    return this.#ends[index]!;
  }

  clear(): void {
    this.length = 0;
    if (this.#ends.length > 65_536) this.#ends = new Int32Array(256);
  }
}
