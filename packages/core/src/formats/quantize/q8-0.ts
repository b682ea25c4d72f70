import { halfBits, writeHalf } from "./half-bits.ts";
import type { Quantizer } from "./quantizer.ts";

const { abs, fround } = Math;

/**
 * Q8_0: the largest magnitude of 32 elements becomes ±127, the others the nearest whole number, halves away from zero.
 * In float32 step by step, so that every byte is the one that ggml writes.
 */
export const quantizeQ8_0: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  let at = byteOffset;
  for (let block = valueOffset; block < valueOffset + length; block += 32) {
    let largest = 0;
    for (let index = block; index < block + 32; index++) {
      const magnitude = abs(values[index]!);
      if (magnitude > largest) largest = magnitude;
    }
    const scale = fround(largest / 127);
    const inverse = inverseOf(scale);
    writeHalf(halfBits(scale), output, at);
    at += 2;
    for (let index = block; index < block + 32; index++) {
      const scaled = fround(values[index]! * inverse);
      output[at++] = (scaled < 0 ? scaled - 0.5 : scaled + 0.5) | 0;
    }
  }
};

/** 1 / scale in float32; 0 where that is too large, for a scale that no half tells from 0. */
export function inverseOf(scale: number): number {
  const inverse = fround(1 / scale);
  return abs(inverse) < Number.POSITIVE_INFINITY ? inverse : 0;
}
