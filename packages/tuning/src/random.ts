/**
 * Random numbers that a seed decides, on every machine alike: sfc32 (Chris Doty-Humphrey's PractRand).
 * The state is 128 bits; what is drawn passes the usual batteries of tests.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed unsigned 32-bit */
  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = 0x9e3779b9;
    this.#c = 0x243f6a88;
    // What neighbouring seeds have in common is gone after some rounds.
    for (let round = 0; round < 15; round++) this.uint32();
  }

  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 to below `limit`, all equally probable; `limit` from 1 to 2³². */
  below(limit: number): number {
    const fair = 2 ** 32 - (2 ** 32 % limit);
    let drawn = this.uint32();
    while (drawn >= fair) drawn = this.uint32();
    return drawn % limit;
  }

  /** From 0 to below 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** @throws RangeError for an empty list */
  pick<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new RangeError("There is nothing to choose from");
    return values[this.below(values.length)]!;
  }

  /** The values in another order. */
  shuffle<Value>(values: readonly Value[]): Value[] {
    const shuffled = [...values];
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = this.below(index + 1);
      [shuffled[index], shuffled[other]] = [shuffled[other]!, shuffled[index]!];
    }
    return shuffled;
  }
}
