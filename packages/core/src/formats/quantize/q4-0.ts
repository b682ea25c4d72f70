import { halfBits, writeHalf } from "./half-bits.ts";
import { inverseOf } from "./q8-0.ts";
import type { Quantizer } from "./quantizer.ts";

const { fround } = Math;

/**
 * Q4_0: of 32 elements the one of the largest magnitude becomes −8 through a scale of its sign, the others the nearest
 * of −8 to 7. In float32 step by step, so that every byte is the one that ggml writes.
 */
export const quantizeQ4_0: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  let at = byteOffset;
  for (let block = valueOffset; block < valueOffset + length; block += 32) {
    const scale = fround(peakOf(values, block) / -8);
    const inverse = inverseOf(scale);
    writeHalf(halfBits(scale), output, at);
    at += 2;
    for (let index = block; index < block + 16; index++) {
      const low = fround(fround(values[index]! * inverse) + 8.5) & 31;
      const high = fround(fround(values[index + 16]! * inverse) + 8.5) & 31;
      output[at++] = (low > 15 ? 15 : low) | ((high > 15 ? 15 : high) << 4);
    }
  }
};

/** Q5_0: as Q4_0 with −16 to 15; after the scale 32 bits with the upper bit of every element, then the nibbles. */
export const quantizeQ5_0: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  let at = byteOffset;
  for (let block = valueOffset; block < valueOffset + length; block += 32) {
    const scale = fround(peakOf(values, block) / -16);
    const inverse = inverseOf(scale);
    writeHalf(halfBits(scale), output, at);
    output.fill(0, at + 2, at + 6);
    for (let index = 0; index < 16; index++) {
      const low = fround(fround(values[block + index]! * inverse) + 16.5) & 63;
      const high = fround(fround(values[block + index + 16]! * inverse) + 16.5) & 63;
      const lowQuant = low > 31 ? 31 : low;
      const highQuant = high > 31 ? 31 : high;
      output[at + 2 + (index >> 3)]! |= (lowQuant >> 4) << (index & 7);
      output[at + 4 + (index >> 3)]! |= (highQuant >> 4) << (index & 7);
      output[at + 6 + index] = (lowQuant & 15) | ((highQuant & 15) << 4);
    }
    at += 22;
  }
};

/** The first of 32 elements that has the largest magnitude. */
function peakOf(values: Float32Array, block: number): number {
  let peak = 0;
  let largest = 0;
  for (let index = block; index < block + 32; index++) {
    const magnitude = Math.abs(values[index]!);
    if (magnitude > largest) {
      largest = magnitude;
      peak = values[index]!;
    }
  }
  return peak;
}
