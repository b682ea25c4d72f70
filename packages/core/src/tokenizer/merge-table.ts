/**
 * Which two neighbouring symbols merge into which, and how early: the lower the rank, the sooner. Symbols are ids; a
 * negative id merges with nothing.
 */
export class MergeTable {
  /** Open addressing: left, right, rank, merged + 1 of each merge; merged + 1 = 0 is a free slot. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** @param capacity the most merges that will be added */
  constructor(capacity: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(capacity, 8) * 1.5));
    this.#slots = new Int32Array(slots * 4);
    this.#mask = slots - 1;
  }

  /** Adds a merge. Of two merges of the same pair the first stays, unless `replace`. */
  add(left: number, right: number, rank: number, merged: number, replace: boolean = false): void {
    const slots = this.#slots;
    let slot = hashPair(left, right) & this.#mask;
    while (slots[slot * 4 + 3] !== 0) {
      if (slots[slot * 4] === left && slots[slot * 4 + 1] === right) {
        if (!replace) return;
        break;
      }
      slot = (slot + 1) & this.#mask;
    }
    slots[slot * 4] = left;
    slots[slot * 4 + 1] = right;
    slots[slot * 4 + 2] = rank;
    slots[slot * 4 + 3] = merged + 1;
  }

  /** Where the merge of two symbols stands, for {@link rankAt} and {@link mergedAt}; -1 when they do not merge. */
  find(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = hashPair(left, right) & mask;
    while (slots[slot * 4 + 3] !== 0) {
      if (slots[slot * 4] === left && slots[slot * 4 + 1] === right) return slot;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  rankAt(slot: number): number {
    return this.#slots[slot * 4 + 2]!;
  }

  mergedAt(slot: number): number {
    return this.#slots[slot * 4 + 3]! - 1;
  }
}

function hashPair(left: number, right: number): number {
  const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
