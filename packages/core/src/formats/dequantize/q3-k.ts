import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/**
 * Q3_K, 256 elements: 32 bytes of third bits, 64 bytes of bit pairs laid out as in Q2_K, 12 bytes with sixteen 6-bit
 * scales (low nibbles in the first 8, the upper bit pairs in the last 4; each 32 too large), half scale. The third bit
 * is inverted: where it is 0, the quant is 4 less.
 */
export const dequantizeQ3_K: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let block = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; block += 110) {
    const scale = half[bytes[block + 108]! | (bytes[block + 109]! << 8)]!;
    const scales = block + 96;
    for (let subBlock = 0; subBlock < 16; subBlock++) {
      const low = (bytes[scales + (subBlock & 7)]! >> ((subBlock >> 3) * 4)) & 15;
      const high = (bytes[scales + 8 + (subBlock & 3)]! >> ((subBlock >> 2) * 2)) & 3;
      const factor = scale * ((low | (high << 4)) - 32);
      const thirdBits = block + (subBlock & 1) * 16;
      const quants = thirdBits + 32 + (subBlock >> 3) * 32;
      const shift = subBlock & 6;
      const thirdBit = 1 << (subBlock >> 1);
      for (let index = 0; index < 16; index++) {
        const lowered = bytes[thirdBits + index]! & thirdBit ? 0 : 4;
        output[out++] = factor * (((bytes[quants + index]! >> shift) & 3) - lowered);
      }
    }
  }
};
