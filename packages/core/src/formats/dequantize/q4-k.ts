import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";
import { subBlockMinimum, subBlockScale } from "./sub-block-scales.ts";

/**
 * Q4_K, 256 elements: half scale, half scale of the minima, 12 bytes of 6-bit scales and minima, 128 bytes of
 * nibbles. Each 32 bytes hold 64 elements: low nibbles the first 32, high ones the others.
 */
export const dequantizeQ4_K: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let block = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; block += 144) {
    const scale = half[bytes[block]! | (bytes[block + 1]! << 8)]!;
    const minimumScale = half[bytes[block + 2]! | (bytes[block + 3]! << 8)]!;
    for (let subBlock = 0; subBlock < 8; subBlock++) {
      const factor = scale * subBlockScale(bytes, block + 4, subBlock);
      const minimum = minimumScale * subBlockMinimum(bytes, block + 4, subBlock);
      const quants = block + 16 + (subBlock >> 1) * 32;
      const shift = (subBlock & 1) * 4;
      for (let index = 0; index < 32; index++) {
        output[out++] = factor * ((bytes[quants + index]! >> shift) & 15) - minimum;
      }
    }
  }
};
