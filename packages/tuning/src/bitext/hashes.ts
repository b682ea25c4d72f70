/**
 * 32 bits of a text's UTF-16 units: FNV-1a with MurmurHash3's finisher, so that all bits depend on all units.
 * The same on every machine.
 */
export function hash32(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) | 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

/** MurmurHash3's finisher (Appleby, public domain): a bijection of 32 bits that spreads each over all. */
export function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const lowSeed = 0;
const highSeed = 0x9e3779b9;

/** A set of texts by 64 bits of each: 16 to 32 bytes a text, and one mistake in some ten million sets of a million. */
export class TextHashSet {
  #slots = new Uint32Array(2 * 1024);
  #size = 0;

  /** @returns whether it was new */
  add(text: string): boolean {
    return this.addHash(hash32(text, lowSeed), hash32(text, highSeed));
  }

  has(text: string): boolean {
    return this.hasHash(hash32(text, lowSeed), hash32(text, highSeed));
  }

  /** A text of which only 64 bits are known, which `has` then does not find. @returns whether it was new */
  addHash(low: number, high: number): boolean {
    if (!this.#place(low, high || 1)) return false;
    if (++this.#size * 4 > this.#slots.length) this.#grow();
    return true;
  }

  hasHash(low: number, highOrZero: number): boolean {
    const high = highOrZero || 1;
    const slots = this.#slots;
    for (let slot = this.#first(low); ; slot = (slot + 2) % slots.length) {
      if (slots[slot] === 0 && slots[slot + 1] === 0) return false;
      if (slots[slot] === low && slots[slot + 1] === high) return true;
    }
  }

  get size(): number {
    return this.#size;
  }

  #first(low: number): number {
    return (2 * low) % this.#slots.length;
  }

  #place(low: number, high: number): boolean {
    const slots = this.#slots;
    for (let slot = this.#first(low); ; slot = (slot + 2) % slots.length) {
      if (slots[slot] === 0 && slots[slot + 1] === 0) {
        slots[slot] = low;
        slots[slot + 1] = high;
        return true;
      }
      if (slots[slot] === low && slots[slot + 1] === high) return false;
    }
  }

  /** At half full. */
  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot] !== 0 || old[slot + 1] !== 0) this.#place(old[slot]!, old[slot + 1]!);
    }
  }
}
