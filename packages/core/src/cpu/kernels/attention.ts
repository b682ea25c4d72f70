import type { AttentionArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer, CpuScratch } from "../cpu-memory.ts";

/**
 * Causal grouped-query attention over the KV cache of one sequence, row by row: scores, softmax and the weighted sum
 * of values in float64.
 */
export function attention(work: AttentionArguments<CpuBuffer>, scratch: CpuScratch): void {
  const { heads, keyValueHeads, headSize, scale, firstRow, rows, position, window } = work;
  const queryWidth = heads * headSize;
  const cacheWidth = keyValueHeads * headSize;
  const keyCache = work.keyCache.data;
  const valueCache = work.valueCache.data;
  store(work.key.data, keyCache);
  store(work.value.data, valueCache);

  const sums = scratch.doubles(headSize + position + rows);
  for (let row = 0; row < rows; row++) {
    const last = position + row;
    const first = window === undefined ? 0 : Math.max(0, last - window + 1);
    for (let head = 0; head < heads; head++) {
      const offset = (firstRow + row) * queryWidth + head * headSize;
      const cacheOffset = Math.floor((head * keyValueHeads) / heads) * headSize;
      attend(work.query.data, work.output.data, offset, cacheOffset, first, last);
    }
  }

  function store(from: Float32Array, cache: Float32Array): void {
    cache.set(from.subarray(firstRow * cacheWidth, (firstRow + rows) * cacheWidth), position * cacheWidth);
  }

  function attend(
    query: Float32Array,
    output: Float32Array,
    offset: number,
    cacheOffset: number,
    first: number,
    last: number,
  ): void {
    // `sums` holds the weighted values in [0, headSize) and the scores of positions from headSize on.
    let best = -Infinity;
    for (let p = first; p <= last; p++) {
      const start = p * cacheWidth + cacheOffset;
      let score = 0;
      for (let i = 0; i < headSize; i++) score += query[offset + i]! * keyCache[start + i]!;
      score *= scale;
      sums[headSize + p - first] = score;
      if (score > best) best = score;
    }
    sums.fill(0, 0, headSize);
    let total = 0;
    for (let p = first; p <= last; p++) {
      const weight = Math.exp(sums[headSize + p - first]! - best);
      total += weight;
      const start = p * cacheWidth + cacheOffset;
      for (let i = 0; i < headSize; i++) sums[i]! += weight * valueCache[start + i]!;
    }
    for (let i = 0; i < headSize; i++) output[offset + i] = sums[i]! / total;
  }
}
