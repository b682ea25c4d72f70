import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";
import { subBlockMinimum, subBlockScale } from "./sub-block-scales.ts";

/**
 * Q5_K, 256 elements: scales and minima as in Q4_K, then 32 bytes of fifth bits (bit s of byte i belongs to element i
 * of sub-block s), then nibbles as in Q4_K.
 */
export const dequantizeQ5_K: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let block = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; block += 176) {
    const scale = half[bytes[block]! | (bytes[block + 1]! << 8)]!;
    const minimumScale = half[bytes[block + 2]! | (bytes[block + 3]! << 8)]!;
    const fifthBits = block + 16;
    for (let subBlock = 0; subBlock < 8; subBlock++) {
      const factor = scale * subBlockScale(bytes, block + 4, subBlock);
      const minimum = minimumScale * subBlockMinimum(bytes, block + 4, subBlock);
      const quants = block + 48 + (subBlock >> 1) * 32;
      const shift = (subBlock & 1) * 4;
      for (let index = 0; index < 32; index++) {
        const low = (bytes[quants + index]! >> shift) & 15;
        const high = (bytes[fifthBits + index]! >> subBlock) & 1;
        output[out++] = factor * (low | (high << 4)) - minimum;
      }
    }
  }
};
