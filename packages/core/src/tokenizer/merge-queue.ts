/** Positions below this and ranks below 2^22 make one number, rank × POSITIONS + position, that a double holds. */
export const POSITIONS: number = 0x80000000;
/** A binary heap of (rank, position), lowest first; among equal ranks the leftmost. Grows with what is in it. */
export class MergeQueue {
  /** rank × POSITIONS + position. */
  #keys: Float64Array = new Float64Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(rank: number, position: number): void {
    if (this.#length === this.#keys.length) {
      const larger = new Float64Array(this.#keys.length * 2);
      larger.set(this.#keys);
      this.#keys = larger;
    }
    const keys = this.#keys;
    const key = rank * POSITIONS + position;
    let index = this.#length++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[index] = keys[parent]!;
      index = parent;
    }
    keys[index] = key;
  }

  /** The lowest key: rank = floor(key / POSITIONS), position = key mod POSITIONS. Only when there is one. */
  pop(): number {
    const keys = this.#keys;
    const lowest = keys[0]!;
    const length = --this.#length;
    const key = keys[length]!;
    let index = 0;
    for (let child = 1; child < length; child = index * 2 + 1) {
      if (child + 1 < length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[index] = keys[child]!;
      index = child;
    }
    keys[index] = key;
    return lowest;
  }
}
