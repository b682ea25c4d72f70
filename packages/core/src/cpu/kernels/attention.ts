import type { AttentionArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer, CpuScratch } from "../cpu-memory.ts";
import { dotRows } from "./dot-rows.ts";

/**
 * Causal grouped-query attention over the KV cache of one sequence, row by row: scores, softmax and the weighted sum
 * of values, summed in float64. `| 0` tells V8 that an index cannot overflow, which it would check at every step.
 */
export function attention(work: AttentionArguments<CpuBuffer>, scratch: CpuScratch): void {
  const { heads, keyValueHeads, headSize, scale, firstRow, rows, position, window } = work;
  const queryWidth = heads * headSize;
  const cacheWidth = keyValueHeads * headSize;
  const keys = work.keyCache.data;
  const values = work.valueCache.data;
  const stored = [firstRow * cacheWidth, (firstRow + rows) * cacheWidth] as const;
  keys.set(work.key.data.subarray(...stored), position * cacheWidth);
  values.set(work.value.data.subarray(...stored), position * cacheWidth);

  const queries = scratch.widen(work.query.data, firstRow * queryWidth, rows * queryWidth);
  const weights = scratch.scores(position + rows);
  for (let row = 0; row < rows; row++) {
    const last = position + row;
    const first = window === undefined ? 0 : Math.max(0, last - window + 1);
    const count = last - first + 1;
    for (let head = 0; head < heads; head++) {
      const offset = row * queryWidth + head * headSize;
      const cacheStart = first * cacheWidth + Math.floor((head * keyValueHeads) / heads) * headSize;
      dotRows(keys, cacheStart, cacheWidth, count, queries, offset, headSize, weights, 0);
      const factor = 1 / exponentiate(weights, count, scale);
      const target = firstRow * queryWidth + offset;
      sumValues(weights, count, factor, values, cacheStart, cacheWidth, work.output.data, target, headSize);
    }
  }
}

/** scores[p] = exp(scale · (scores[p] − best)); returns their sum. */
function exponentiate(scores: Float32Array, count: number, scale: number): number {
  let best = -Infinity;
  for (let p = 0; p < count; p++) if (scores[p]! > best) best = scores[p]!;
  let total = 0;
  for (let p = 0; p < count; p++) {
    const weight = Math.exp((scores[p]! - best) * scale);
    scores[p] = weight;
    total += weight;
  }
  return total;
}

/** output = factor · Σ_p weights[p] · value of position p, four elements at a time so that sums stay in registers. */
function sumValues(
  weights: Float32Array,
  count: number,
  factor: number,
  values: Float32Array,
  start: number,
  stride: number,
  output: Float32Array,
  offset: number,
  headSize: number,
): void {
  const whole = headSize & ~3;
  for (let i = 0; i < whole; i += 4) {
    let value = start + i;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let p = 0; p < count; p++) {
      const weight = weights[p]!;
      sum0 += weight * values[value]!;
      sum1 += weight * values[(value + 1) | 0]!;
      sum2 += weight * values[(value + 2) | 0]!;
      sum3 += weight * values[(value + 3) | 0]!;
      value = (value + stride) | 0;
    }
    output[offset + i] = sum0 * factor;
    output[offset + i + 1] = sum1 * factor;
    output[offset + i + 2] = sum2 * factor;
    output[offset + i + 3] = sum3 * factor;
  }
  for (let i = whole; i < headSize; i++) {
    let sum = 0;
    for (let p = 0; p < count; p++) sum += weights[p]! * values[start + p * stride + i]!;
    output[offset + i] = sum * factor;
  }
}
