/** A number for each pair of ids that was added: a hash table with open addressing, in typed arrays. */
export class PairCounts {
  #left: Int32Array;
  #right: Int32Array;
  #slots: Int32Array;
  #size = 0;
  /** What is counted, by the place of a pair. */
  values: Float64Array;

  constructor() {
    this.#left = new Int32Array(1024);
    this.#right = new Int32Array(1024);
    this.values = new Float64Array(1024);
    this.#slots = new Int32Array(4096);
  }

  get size(): number {
    return this.#size;
  }

  left(place: number): number {
    return this.#left[place]!;
  }

  right(place: number): number {
    return this.#right[place]!;
  }

  /** The place of a pair, -1 where it was not added. */
  find(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashPair(left, right) & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]! - 1;
      if (place < 0 || (this.#left[place] === left && this.#right[place] === right)) return place;
    }
  }

  /** The place of a pair, which is there from now on. */
  add(left: number, right: number): number {
    const found = this.find(left, right);
    if (found >= 0) return found;
    if (this.#size === this.#left.length) this.#grow();
    const place = this.#size++;
    this.#left[place] = left;
    this.#right[place] = right;
    this.#enter(place);
    return place;
  }

  #enter(place: number): void {
    const mask = this.#slots.length - 1;
    let slot = hashPair(this.#left[place]!, this.#right[place]!) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = place + 1;
  }

  #grow(): void {
    const length = this.#left.length * 2;
    const longer = <Values extends Int32Array | Float64Array>(values: Values, into: Values) => {
      into.set(values);
      return into;
    };
    this.#left = longer(this.#left, new Int32Array(length));
    this.#right = longer(this.#right, new Int32Array(length));
    this.values = longer(this.values, new Float64Array(length));
    this.#slots = new Int32Array(length * 4);
    for (let place = 0; place < this.#size; place++) this.#enter(place);
  }
}

function hashPair(left: number, right: number): number {
  let bits = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return (bits ^ (bits >>> 13)) >>> 0;
}
