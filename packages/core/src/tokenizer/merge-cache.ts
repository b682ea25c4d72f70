const SLOTS = 32_768;

/**
 * What recent pairs of tokens merge into, or that they do not: one pair a slot, the newer drives out the older, so its
 * size never changes (512 kB, touched as it fills).
 */
export class MergeCache {
  /** Per slot: left + 1 (0 while it is free), right, rank, merged. */
  readonly #slots: Int32Array = new Int32Array(SLOTS * 4);

  /** Where the pair is or goes: for the other methods. */
  slotOf(left: number, right: number): number {
    const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
    return ((mixed ^ (mixed >>> 15)) & (SLOTS - 1)) * 4;
  }

  holds(slot: number, left: number, right: number): boolean {
    return this.#slots[slot] === left + 1 && this.#slots[slot + 1] === right;
  }

  rankAt(slot: number): number {
    return this.#slots[slot + 2]!;
  }

  mergedAt(slot: number): number {
    return this.#slots[slot + 3]!;
  }

  keep(slot: number, left: number, right: number, rank: number, merged: number): void {
    const slots = this.#slots;
    slots[slot] = left + 1;
    slots[slot + 1] = right;
    slots[slot + 2] = rank;
    slots[slot + 3] = merged;
  }
}
