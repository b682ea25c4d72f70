/** The operations of the graph for one row, as its nodes describe them. Sums are float64, results f32. */
import type { AttentionNode, RopeNode } from "@bayling/core/backend";

export function embed(table: Float32Array, token: number, width: number): Float32Array {
  return table.slice(token * width, (token + 1) * width);
}

/** The whole row, or each head of it: as many elements as `weight` has. */
export function rmsNorm(input: Float32Array, weight: Float32Array, epsilon: number): Float32Array {
  const output = new Float32Array(input.length);
  for (let start = 0; start < input.length; start += weight.length) {
    let squares = 0;
    for (let i = 0; i < weight.length; i++) squares += input[start + i]! ** 2;
    const scale = 1 / Math.sqrt(squares / weight.length + epsilon);
    for (let i = 0; i < weight.length; i++) output[start + i] = input[start + i]! * scale * weight[i]!;
  }
  return output;
}

/** `weight` is [outputs, inputs], row by row. */
export function linear(input: Float32Array, weight: Float32Array, bias: Float32Array | undefined): Float32Array {
  const output = new Float32Array(weight.length / input.length);
  for (let o = 0; o < output.length; o++) {
    let sum = bias?.[o] ?? 0;
    for (let i = 0; i < input.length; i++) sum += weight[o * input.length + i]! * input[i]!;
    output[o] = sum;
  }
  return output;
}

export function rope(input: Float32Array, position: number, node: RopeNode): Float32Array {
  const { headSize, pairing, frequencies, magnitude } = node;
  const output = input.slice(); // elements beyond the pairs pass through
  for (let head = 0; head < input.length; head += headSize) {
    for (const [pair, frequency] of frequencies.entries()) {
      const first = head + (pairing === "interleaved" ? 2 * pair : pair);
      const second = first + (pairing === "interleaved" ? 1 : frequencies.length);
      const cosine = Math.cos(position * frequency) * magnitude;
      const sine = Math.sin(position * frequency) * magnitude;
      output[first] = input[first]! * cosine - input[second]! * sine;
      output[second] = input[first]! * sine + input[second]! * cosine;
    }
  }
  return output;
}

/** The last of `keys` and `values` are those of the row itself. */
export function attention(
  query: Float32Array,
  keys: readonly Float32Array[],
  values: readonly Float32Array[],
  { heads, keyValueHeads, headSize, scale, window = Infinity }: AttentionNode,
): Float32Array {
  const output = new Float32Array(heads * headSize);
  const first = Math.max(0, keys.length - window);
  for (let head = 0; head < heads; head++) {
    const own = head * headSize;
    const shared = Math.floor((head * keyValueHeads) / heads) * headSize;
    const scores = keys.slice(first).map((key) => {
      let dot = 0;
      for (let i = 0; i < headSize; i++) dot += query[own + i]! * key[shared + i]!;
      return dot * scale;
    });
    const largest = scores.reduce((largest, score) => Math.max(largest, score));
    const exponentials = scores.map((score) => Math.exp(score - largest));
    const total = exponentials.reduce((sum, exponential) => sum + exponential, 0);
    for (let i = 0; i < headSize; i++) {
      let sum = 0;
      for (const [index, exponential] of exponentials.entries())
        sum += exponential * values[first + index]![shared + i]!;
      output[own + i] = sum / total;
    }
  }
  return output;
}

export function swiglu(gate: Float32Array, up: Float32Array): Float32Array {
  return gate.map((value, index) => (value / (1 + Math.exp(-value))) * up[index]!);
}

export function add(left: Float32Array, right: Float32Array): Float32Array {
  return left.map((value, index) => value + right[index]!);
}
