import { mix } from "../hashes.ts";

/** Hash functions, each of which draws one shingle of a text. */
const functions = 64;
/** Candidates agree in all functions of one band: of pairs with a similarity of 0.8 these are 97 %, of 0.3 13 %. */
export const bands = 5;
const rowsOfBand = 3;
/** One bit of each function for each of two texts (Li and König 2010, b-bit minwise hashing). */
const sketchWords = (2 * functions) / 32;
/** So many candidates of a band are looked at, the latest first; phrases of a corpus can be in thousands of pairs. */
const mostCandidates = 64;

const multipliers = Uint32Array.from({ length: functions }, (_, index) => mix(index + 1) | 1);

/** Makes the bits by which texts are compared, and the keys of their bands. @returns words that the next call overwrites */
export function createSketcher(): (source: string, target: string, keys: Uint32Array) => Uint32Array {
  const sides = [new Int32Array(functions), new Int32Array(functions)] as const;
  const words = new Uint32Array(sketchWords);
  return (source, target, keys) => {
    drawShingles(source, 0x5bd1e995, sides[0]);
    drawShingles(target, 0x1b873593, sides[1]);
    words.fill(0);
    for (let side = 0; side < 2; side++) {
      const drawn = sides[side]!;
      for (let index = 0; index < functions; index++) {
        words[(side * functions + index) >> 5]! |= (mix(drawn[index]!) & 1) << (index & 31);
      }
    }
    for (let band = 0; band < bands; band++) {
      let key = band + 1;
      for (let row = 0; row < rowsOfBand; row++) {
        const index = band * rowsOfBand + row;
        // The lower of both is what the function draws from the two texts together.
        key = mix(key ^ Math.min(sides[0][index]!, sides[1][index]!));
      }
      keys[band] = key;
    }
    return words;
  };
}

/** Of the text at hand. */
let shingles = new Int32Array(1024);

/** Shingles of two ideographs or four letters; a shorter text is one. */
function drawShingles(text: string, seed: number, drawn: Int32Array): void {
  const length = isDense(text) ? 2 : 4;
  const count = Math.max(0, text.length - length) + 1;
  if (count > shingles.length) shingles = new Int32Array(2 * count);
  for (let start = 0; start < count; start++) {
    let hash = seed;
    const end = Math.min(text.length, start + length);
    for (let index = start; index < end; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    shingles[start] = mix(hash);
  }
  for (let index = 0; index < functions; index++) {
    const multiplier = multipliers[index]!;
    let lowest = 0x7fffffff;
    for (let place = 0; place < count; place++) {
      const value = Math.imul(shingles[place]!, multiplier);
      if (value < lowest) lowest = value;
    }
    drawn[index] = lowest;
  }
}

/** Whether the middle of a text is Han, Kana or Hangul, whose characters say more than letters do. */
function isDense(text: string): boolean {
  const code = text.charCodeAt(text.length >> 1);
  return code >= 0x3040 && code <= 0xd7af;
}

/**
 * The last pairs that were added, to be found by any of their bands. Memory is that of the window from the beginning on,
 * in arrays that the system fills when they are used; what falls out of the window is overwritten.
 */
export class MinHashIndex {
  readonly #window: number;
  readonly #heads: Uint32Array;
  readonly #headMask: number;
  /** `[window][bands]`: the pair before in the same bucket. Pairs count from 1; 0 is none. */
  readonly #before: Uint32Array;
  readonly #sketches: Uint32Array;
  readonly #textKeys: Uint32Array;
  #count = 0;

  /** @param window in pairs */
  constructor(window: number) {
    this.#window = window;
    const buckets = 2 ** Math.max(10, Math.ceil(Math.log2(window)) - 1);
    this.#headMask = buckets - 1;
    this.#heads = new Uint32Array(bands * buckets);
    this.#before = new Uint32Array(window * bands);
    this.#sketches = new Uint32Array(window * sketchWords);
    this.#textKeys = new Uint32Array(window * 2);
  }

  /** Whether a candidate passes a test; each is a row, to be asked for with the other methods. */
  some(keys: Uint32Array, test: (row: number) => boolean): boolean {
    for (let band = 0; band < bands; band++) {
      let pair = this.#heads[this.#bucket(band, keys)]!;
      for (let steps = 0; steps < mostCandidates && pair !== 0 && pair + this.#window > this.#count; steps++) {
        const row = (pair - 1) % this.#window;
        if (test(row)) return true;
        pair = this.#before[row * bands + band]!;
      }
    }
    return false;
  }

  add(keys: Uint32Array, sketch: Uint32Array, sourceKey: number, targetKey: number): void {
    const row = this.#count++ % this.#window;
    this.#sketches.set(sketch, row * sketchWords);
    this.#textKeys[2 * row] = sourceKey;
    this.#textKeys[2 * row + 1] = targetKey;
    for (let band = 0; band < bands; band++) {
      const bucket = this.#bucket(band, keys);
      this.#before[row * bands + band] = this.#heads[bucket]!;
      this.#heads[bucket] = this.#count;
    }
  }

  sourceKey(row: number): number {
    return this.#textKeys[2 * row]!;
  }

  targetKey(row: number): number {
    return this.#textKeys[2 * row + 1]!;
  }

  /** The mean Jaccard index of both sides: bits agree by chance in half of all cases. */
  similarity(row: number, sketch: Uint32Array): number {
    let different = 0;
    for (let word = 0; word < sketchWords; word++) {
      different += countBits(this.#sketches[row * sketchWords + word]! ^ sketch[word]!);
    }
    return 1 - (2 * different) / (2 * functions);
  }

  #bucket(band: number, keys: Uint32Array): number {
    return band * (this.#headMask + 1) + (keys[band]! & this.#headMask);
  }
}

function countBits(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
