import { expect } from "vitest";
import { normalizedError, type ReferenceBatch } from "./reference-attention.ts";

/** Keys and values of the batch's rows are stored, and nothing else in the caches differs from `before`. */
export function expectStored(batch: ReferenceBatch, before: ReferenceBatch): void {
  const { heads, keyValueHeads, cacheType } = batch.shape;
  // f16 has 11 bits, and WGSL lets a conversion cut off what does not fit.
  const tolerance = cacheType === "f32" ? 1e-12 : 2 ** -20;
  for (let row = 0; row < batch.rowCount; row++) {
    for (let head = 0; head < keyValueHeads; head++) {
      const key = batch.stored(batch.keyCache, row, head);
      expect(normalizedError(key, batch.projected(row, heads + head))).toBeLessThan(tolerance);
      const value = batch.stored(batch.valueCache, row, head);
      expect(normalizedError(value, batch.projected(row, heads + keyValueHeads + head))).toBeLessThan(tolerance);
    }
  }
  expect(sameBits(batch.others(batch.keyCache), before.others(before.keyCache))).toBe(true);
  expect(sameBits(batch.others(batch.valueCache), before.others(before.valueCache))).toBe(true);
}

/** Vitest compares arrays element by element, which takes seconds for a cache. */
function sameBits(left: Uint32Array, right: Uint32Array): boolean {
  return left.every((bits, index) => bits === right[index]);
}

/** Every head of every row is what float64 says, and what lies behind a row's heads is left alone. */
export function expectAttended(batch: ReferenceBatch, output: Float32Array): void {
  const { heads, headSize, outputStride } = batch.shape;
  for (let row = 0; row < batch.rowCount; row++) {
    for (let head = 0; head < heads; head++) {
      const start = row * outputStride + head * headSize;
      const actual = output.subarray(start, start + headSize);
      expect(normalizedError(actual, batch.attended(row, head)), `row ${row}, head ${head}`).toBeLessThan(1e-10);
    }
    const padding = output.subarray(row * outputStride + heads * headSize, (row + 1) * outputStride);
    expect(padding.every(Number.isNaN)).toBe(true);
  }
}
