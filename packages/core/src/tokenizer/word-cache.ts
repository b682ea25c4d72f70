const SLOTS = 16_384;
const KEY_BYTES = 32;
const IDS = 8;

/**
 * The ids of recent short words: one word a slot, the newer drives out the older, so its size never changes (about
 * 1.2 MB, touched as it fills).
 */
export class WordCache {
  /** Per slot: hash, and how many bytes (low 8 bits) and ids (above) are kept; 0 while the slot is free. */
  readonly #hashes: Int32Array = new Int32Array(SLOTS);
  readonly #lengths: Uint16Array = new Uint16Array(SLOTS);
  readonly #keys: Uint8Array = new Uint8Array(SLOTS * KEY_BYTES);
  readonly #ids: Int32Array = new Int32Array(SLOTS * IDS);

  /** Appends the ids of a word to `output` if they are here. */
  copy(bytes: Uint8Array, length: number, hash: number, output: number[]): boolean {
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const lengths = this.#lengths[slot]!;
    if (this.#hashes[slot] !== hash || (lengths & 0xff) !== length || lengths === 0) return false;
    const keys = this.#keys;
    const key = slot * KEY_BYTES;
    for (let index = 0; index < length; index++) if (keys[key + index] !== bytes[index]) return false;
    const first = slot * IDS;
    const last = first + (lengths >> 8);
    for (let index = first; index < last; index++) output.push(this.#ids[index]!);
    return true;
  }

  /** Keeps the ids of a word, `output` from `first` on, unless there are too many. */
  keep(bytes: Uint8Array, length: number, hash: number, output: readonly number[], first: number): void {
    const count = output.length - first;
    if (length > KEY_BYTES || count > IDS || count === 0) return;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    this.#hashes[slot] = hash;
    this.#lengths[slot] = length | (count << 8);
    for (let index = 0; index < length; index++) this.#keys[slot * KEY_BYTES + index] = bytes[index]!;
    for (let index = 0; index < count; index++) this.#ids[slot * IDS + index] = output[first + index]!;
  }
}
