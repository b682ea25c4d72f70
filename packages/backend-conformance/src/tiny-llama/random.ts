/** Numbers that look random and are the same in every run and on every machine (Mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An unsigned 32-bit integer. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** Between `low` (included) and `high` (excluded). */
  uniform(low: number, high: number): number {
    return low + (this.word() / 2 ** 32) * (high - low);
  }

  /** An integer in 0 … limit − 1. */
  below(limit: number): number {
    return Math.floor(this.uniform(0, limit));
  }

  /** Normally distributed with mean 0 (Box & Muller). */
  normal(deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform(0, 1) + 2 ** -33));
    return deviation * radius * Math.cos(2 * Math.PI * this.uniform(0, 1));
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.word() & 0xff);
  }

  /** Normally distributed f32 values. */
  floats(length: number, deviation = 1): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length }, () => this.normal(deviation));
  }

  /** Token ids in 0 … vocabularySize − 1. */
  tokens(length: number, vocabularySize: number): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length }, () => this.below(vocabularySize));
  }
}

/** A seed made of a text (FNV-1a), so that a case's data depend on its name alone. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
