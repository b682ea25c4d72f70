/**
 * The operations of the graph in float64, one plain loop each. They share no code with any backend: what they compute
 * is read off the docstrings of the graph's nodes.
 */
import type { RopePairing } from "@bayling/core/backend";

/** output[r] = table[ids[r]] */
export function embed(table: Float64Array, width: number, ids: ArrayLike<number>): Float64Array {
  const output = new Float64Array(ids.length * width);
  for (let row = 0; row < ids.length; row++) {
    output.set(table.subarray(ids[row]! * width, (ids[row]! + 1) * width), row * width);
  }
  return output;
}

/** Each run of `groupSize` elements is divided by its root mean square and multiplied by `weight`. */
export function rmsNorm(input: Float64Array, weight: Float64Array, groupSize: number, epsilon: number): Float64Array {
  const output = new Float64Array(input.length);
  for (let group = 0; group < input.length; group += groupSize) {
    let squares = 0;
    for (let i = 0; i < groupSize; i++) squares += input[group + i]! ** 2;
    const divisor = Math.sqrt(squares / groupSize + epsilon);
    for (let i = 0; i < groupSize; i++) output[group + i] = (input[group + i]! / divisor) * weight[i]!;
  }
  return output;
}

/** output[r][o] = Σ_i weight[o][i] · input[r][i] (+ bias[o]) */
export function linear(
  input: Float64Array,
  weight: Float64Array,
  columns: number,
  bias: Float64Array | undefined,
): Float64Array {
  const rows = input.length / columns;
  const outputs = weight.length / columns;
  const output = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias?.[o] ?? 0;
      for (let i = 0; i < columns; i++) sum += weight[o * columns + i]! * input[row * columns + i]!;
      output[row * outputs + o] = sum;
    }
  }
  return output;
}

export interface RopeOptions {
  readonly width: number;
  readonly headSize: number;
  readonly pairing: RopePairing;
  readonly frequencies: readonly number[];
  readonly magnitude: number;
  /** One for each row. */
  readonly positions: ArrayLike<number>;
}

/** Turns pair i of every head by position · frequencies[i], times `magnitude`. */
export function rope(input: Float64Array, options: RopeOptions): Float64Array {
  const { width, headSize, pairing, frequencies, magnitude, positions } = options;
  const output = Float64Array.from(input);
  const pairs = frequencies.length;
  for (let row = 0; row < positions.length; row++) {
    for (let head = row * width; head < (row + 1) * width; head += headSize) {
      for (let pair = 0; pair < pairs; pair++) {
        const first = head + (pairing === "interleaved" ? 2 * pair : pair);
        const second = head + (pairing === "interleaved" ? 2 * pair + 1 : pair + pairs);
        const angle = positions[row]! * frequencies[pair]!;
        const cosine = Math.cos(angle) * magnitude;
        const sine = Math.sin(angle) * magnitude;
        output[first] = input[first]! * cosine - input[second]! * sine;
        output[second] = input[first]! * sine + input[second]! * cosine;
      }
    }
  }
  return output;
}

export interface AttentionOptions {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly scale: number;
  readonly window?: number | undefined;
}

/**
 * Causal attention of `query` rows at the last positions of `keys` and `values`, which hold every position from 0.
 * Query row r stands at position (positions − rows + r).
 */
export function attention(
  query: Float64Array,
  keys: Float64Array,
  values: Float64Array,
  options: AttentionOptions,
): Float64Array {
  const { heads, keyValueHeads, headSize, scale, window } = options;
  const rows = query.length / (heads * headSize);
  const positions = keys.length / (keyValueHeads * headSize);
  const output = new Float64Array(query.length);
  for (let row = 0; row < rows; row++) {
    const own = positions - rows + row;
    const oldest = window === undefined ? 0 : Math.max(0, own - window + 1);
    for (let head = 0; head < heads; head++) {
      const keyValueHead = Math.floor((head * keyValueHeads) / heads);
      const at = (row * heads + head) * headSize;
      const cached = (position: number) => (position * keyValueHeads + keyValueHead) * headSize;
      const weights: number[] = [];
      for (let position = oldest; position <= own; position++) {
        let dot = 0;
        for (let i = 0; i < headSize; i++) dot += query[at + i]! * keys[cached(position) + i]!;
        weights.push(dot * scale);
      }
      const largest = Math.max(...weights);
      const exponentials = weights.map((weight) => Math.exp(weight - largest));
      const total = exponentials.reduce((sum, exponential) => sum + exponential, 0);
      for (const [index, exponential] of exponentials.entries()) {
        const from = cached(oldest + index);
        for (let i = 0; i < headSize; i++) output[at + i]! += (exponential / total) * values[from + i]!;
      }
    }
  }
  return output;
}

/** output = gate · sigmoid(gate) · up */
export function swiglu(gate: Float64Array, up: Float64Array): Float64Array {
  return gate.map((value, index) => (value / (1 + Math.exp(-value))) * up[index]!);
}

/** output = left + right */
export function add(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, index) => value + right[index]!);
}
