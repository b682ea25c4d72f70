import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/**
 * Q2_K, 256 elements: 16 bytes of sub-block scales (low nibble) and minima (high nibble), 64 bytes of quants, half
 * scale, half scale of the minima. Each half of 128 elements has 32 bytes, whose bit pairs are four runs of 32.
 */
export const dequantizeQ2_K: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let block = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; block += 84) {
    const scale = half[bytes[block + 80]! | (bytes[block + 81]! << 8)]!;
    const minimumScale = half[bytes[block + 82]! | (bytes[block + 83]! << 8)]!;
    for (let subBlock = 0; subBlock < 16; subBlock++) {
      const packed = bytes[block + subBlock]!;
      const factor = scale * (packed & 15);
      const minimum = minimumScale * (packed >> 4);
      const quants = block + 16 + (subBlock >> 3) * 32 + (subBlock & 1) * 16;
      const shift = subBlock & 6;
      for (let index = 0; index < 16; index++) {
        output[out++] = factor * ((bytes[quants + index]! >> shift) & 3) - minimum;
      }
    }
  }
};
