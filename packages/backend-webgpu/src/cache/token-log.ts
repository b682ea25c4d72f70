/** A list of token ids that grows and shrinks at its end. */
export class TokenLog {
  #tokens = new Uint32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(tokens: Uint32Array): void {
    const needed = this.#length + tokens.length;
    if (needed > this.#tokens.length) {
      const grown = new Uint32Array(Math.max(needed, 2 * this.#tokens.length));
      grown.set(this.#tokens.subarray(0, this.#length));
      this.#tokens = grown;
    }
    this.#tokens.set(tokens, this.#length);
    this.#length = needed;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  /** What is in the list now; valid until it changes. */
  view(): Uint32Array {
    return this.#tokens.subarray(0, this.#length);
  }
}
