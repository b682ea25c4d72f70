import type { AttentionShape } from "../kernels/attention-shape.ts";
import { type RopeRotation, ropeTable } from "../kernels/rope-table.ts";
import { pageSize } from "../plan/batch-state.ts";
import type { KernelData } from "./run-kernel.ts";

/** `rows` new rows of one sequence that already holds `position` positions. */
export interface Piece {
  readonly position: number;
  readonly rows: number;
}

export type SmallShape = Pick<AttentionShape, "heads" | "keyValueHeads" | "headSize"> & Partial<AttentionShape>;

/** What a test leaves out: Llama's way, dense rows, f32. */
export function attentionShape(given: SmallShape): AttentionShape {
  const { heads, keyValueHeads, headSize } = given;
  return {
    scale: 1 / Math.sqrt(headSize),
    qkvStride: (heads + 2 * keyValueHeads) * headSize,
    outputStride: heads * headSize,
    cacheType: "f32",
    pairs: headSize / 2,
    pairing: "halves",
    ...given,
  };
}

/** Numbers in [−1, 1), the same for the same seed (xorshift: Marsaglia, "Xorshift RNGs", 2003). */
export function randomNumbers(seed: number): () => number {
  let state = seed + 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

const guard = 7;

/**
 * A random batch as kernels get it, and attention over it in float64. Pages are scattered over the caches, and all that
 * no kernel may use is NaN: pages of nobody, positions that are not there yet, strides behind rows.
 */
export class ReferenceBatch {
  readonly shape: AttentionShape;
  readonly pieces: readonly Piece[];
  readonly rotation: RopeRotation;
  readonly rowCount: number;
  readonly qkv: Float32Array<ArrayBuffer>;
  readonly ropeTable: Float32Array<ArrayBuffer>;
  readonly normWeights: Float32Array<ArrayBuffer>;
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly pageTable: Uint32Array<ArrayBuffer>;
  readonly keyCache: KernelData;
  readonly valueCache: KernelData;
  /** The projections before any kernel changed them. */
  readonly #projections: Float32Array;

  constructor(shape: AttentionShape, pieces: readonly Piece[], seed: number) {
    const random = randomNumbers(seed);
    const { pairs, headSize, keyValueHeads } = shape;
    this.shape = shape;
    this.pieces = pieces;
    this.rowCount = pieces.reduce((sum, { rows }) => sum + rows, 0);
    this.rotation = {
      frequencies: Array.from({ length: pairs }, (_, pair) => 10_000 ** (-pair / pairs)),
      magnitude: 1 + 0.1 * random(),
    };
    const positions = Math.max(...pieces.map(({ position, rows }) => position + rows));
    this.ropeTable = ropeTable(this.rotation, positions, (row) => row);
    this.normWeights = Float32Array.from({ length: 2 * headSize }, () => 1 + 0.5 * random());
    this.qkv = new Float32Array(this.rowCount * shape.qkvStride).fill(Number.NaN);
    for (let row = 0; row < this.rowCount; row++) {
      for (let i = 0; i < projectionWidth(shape); i++) this.qkv[row * shape.qkvStride + i] = 2 * random();
    }
    this.#projections = this.qkv.slice();

    const pageCounts = pieces.map(({ position, rows }) => Math.ceil((position + rows) / pageSize));
    const pageCount = pageCounts.reduce((sum, count) => sum + count, 0);
    const order = shuffled(pageCount + 3, random).slice(0, pageCount);
    this.pageTable = Uint32Array.of(...Array(guard).fill(2 ** 31), ...order);
    const firstPages = pageCounts.map((_, i) => guard + pageCounts.slice(0, i).reduce((sum, count) => sum + count, 0));
    this.rows = Uint32Array.from(
      pieces.flatMap(({ position, rows }, piece) =>
        Array.from({ length: rows }, (_, row) => [1, position + row, firstPages[piece]!, 0]).flat(),
      ),
    );
    const length = (pageCount + 3) * pageSize * keyValueHeads * headSize;
    this.keyCache = emptyCache(shape, length);
    this.valueCache = emptyCache(shape, length);
    for (const [piece, { position }] of pieces.entries()) {
      for (let p = 0; p < position; p++) {
        const at = this.#cacheRow(firstPages[piece]!, p) * keyValueHeads * headSize;
        fillRandomly(this.keyCache, at, keyValueHeads * headSize, random);
        fillRandomly(this.valueCache, at, keyValueHeads * headSize, random);
      }
    }
  }

  /** A head of a row after norm and rope: 0 … heads − 1 are queries, then come keys and values. */
  projected(row: number, head: number): Float64Array {
    const { heads, keyValueHeads, headSize, qkvStride, normEpsilon, pairs, pairing } = this.shape;
    const from = row * qkvStride + head * headSize;
    const result = Float64Array.from(this.#projections.subarray(from, from + headSize));
    if (head >= heads + keyValueHeads) return result;
    if (normEpsilon !== undefined) {
      const mean = result.reduce((sum, x) => sum + x * x, 0) / headSize;
      const weights = this.normWeights.subarray(head < heads ? 0 : headSize);
      for (let i = 0; i < headSize; i++) result[i] = (result[i]! / Math.sqrt(mean + normEpsilon)) * weights[i]!;
    }
    const { frequencies, magnitude } = this.rotation;
    for (let pair = 0; pair < pairs; pair++) {
      const [first, second] = pairing === "halves" ? [pair, pair + pairs] : [2 * pair, 2 * pair + 1];
      const angle = this.#position(row) * frequencies[pair]!;
      const [x, y] = [result[first]!, result[second]!];
      result[first] = magnitude * (x * Math.cos(angle) - y * Math.sin(angle));
      result[second] = magnitude * (x * Math.sin(angle) + y * Math.cos(angle));
    }
    return result;
  }

  /** What a cache holds for a row's own position and a KV head. */
  stored(cache: KernelData, row: number, keyValueHead: number): Float32Array {
    return this.#cached(cache, row, this.#position(row), keyValueHead);
  }

  /** What a cache holds for all positions of the sequence of `row`, without pages: [positions, keyValueHeads · headSize]. */
  sequence(cache: KernelData, row: number): Float64Array {
    const { keyValueHeads } = this.shape;
    const positions = Array.from({ length: this.#position(row) + 1 }, (_, position) => position);
    const heads = Array.from({ length: keyValueHeads }, (_, head) => head);
    return Float64Array.from(
      positions.flatMap((position) => heads.flatMap((head) => [...this.#cached(cache, row, position, head)])),
    );
  }

  /** The bits of a cache without what lies at the positions of the batch's own rows. */
  others(cache: KernelData): Uint32Array {
    const { keyValueHeads, headSize, cacheType } = this.shape;
    const bits = new Uint32Array(cache.buffer).slice();
    const words = (keyValueHeads * headSize) / (cacheType === "f32" ? 1 : 2);
    for (let row = 0; row < this.rowCount; row++) {
      const start = this.#cacheRow(this.rows[row * 4 + 2]!, this.#position(row)) * words;
      bits.fill(0, start, start + words);
    }
    return bits;
  }

  /** The output of a row and head, over keys and values as they lie in the caches. */
  attended(row: number, head: number): Float64Array {
    const { heads, keyValueHeads, headSize, scale, window = Infinity } = this.shape;
    const query = this.projected(row, head);
    const keyValueHead = Math.floor((head * keyValueHeads) / heads);
    const position = this.#position(row);
    const first = Math.max(0, position + 1 - window);
    const scores: number[] = [];
    for (let p = first; p <= position; p++) {
      const key = this.#cached(this.keyCache, row, p, keyValueHead);
      let score = 0;
      for (let i = 0; i < headSize; i++) score += query[i]! * key[i]!;
      scores.push(score * scale);
    }
    const best = scores.reduce((left, right) => Math.max(left, right));
    const weights = scores.map((score) => Math.exp(score - best));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const output = new Float64Array(headSize);
    for (const [index, weight] of weights.entries()) {
      const value = this.#cached(this.valueCache, row, first + index, keyValueHead);
      for (let i = 0; i < headSize; i++) output[i]! += (weight / total) * value[i]!;
    }
    return output;
  }

  #position(row: number): number {
    return this.rows[row * 4 + 1]!;
  }

  #cacheRow(pages: number, position: number): number {
    return this.pageTable[pages + Math.floor(position / pageSize)]! * pageSize + (position % pageSize);
  }

  #cached(cache: KernelData, row: number, position: number, keyValueHead: number): Float32Array {
    const { keyValueHeads, headSize } = this.shape;
    const from = (this.#cacheRow(this.rows[row * 4 + 2]!, position) * keyValueHeads + keyValueHead) * headSize;
    if (cache instanceof Float32Array) return cache.subarray(from, from + headSize);
    const halves = new Uint16Array(cache.buffer, cache.byteOffset + from * 2, headSize);
    return Float32Array.from(halves, halfToNumber);
  }
}

/** Σ (actual − expected)² / Σ expected²; NaN where anything is NaN. */
export function normalizedError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return error / norm;
}

function projectionWidth({ heads, keyValueHeads, headSize }: AttentionShape): number {
  return (heads + 2 * keyValueHeads) * headSize;
}

function shuffled(length: number, random: () => number): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const other = Math.floor(((random() + 1) / 2) * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

/** NaN everywhere. */
function emptyCache({ cacheType }: AttentionShape, length: number): KernelData {
  if (cacheType === "f32") return new Float32Array(length).fill(Number.NaN);
  return new Uint32Array(length / 2).fill(0x7e00_7e00);
}

function fillRandomly(cache: KernelData, from: number, length: number, random: () => number): void {
  if (cache instanceof Float32Array) {
    for (let i = from; i < from + length; i++) cache[i] = 2 * random();
    return;
  }
  const halves = new Uint16Array(cache.buffer);
  // Exponents 11 … 15 and any sign and mantissa: numbers between 2^-4 and 2.
  const bits = () =>
    (random() < 0 ? 0x8000 : 0) | ((11 + Math.floor((random() + 1) * 2.5)) << 10) | ((random() + 1) * 512);
  for (let i = from; i < from + length; i++) halves[i] = bits();
}

/** A normal number, zero or NaN from f16 bits. */
function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return Number.NaN;
  const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}
