import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/**
 * Q6_K, 256 elements: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, half scale; each quant
 * 32 too large. Each half of 128 elements is four runs of 32: the low nibbles of 32 bytes, of the next 32, then the
 * high nibbles of both; the bit pairs of 32 bytes belong to the four runs in turn.
 */
export const dequantizeQ6_K: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let block = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; block += 210) {
    const scale = half[bytes[block + 208]! | (bytes[block + 209]! << 8)]!;
    for (let subBlock = 0; subBlock < 16; subBlock++) {
      const factor = scale * ((bytes[block + 192 + subBlock]! << 24) >> 24);
      const within = (subBlock & 1) * 16;
      const run = (subBlock >> 1) & 3;
      const low = block + (subBlock >> 3) * 64 + (run & 1) * 32 + within;
      const lowShift = (run >> 1) * 4;
      const high = block + 128 + (subBlock >> 3) * 32 + within;
      const highShift = run * 2;
      for (let index = 0; index < 16; index++) {
        const quant = ((bytes[low + index]! >> lowShift) & 15) | (((bytes[high + index]! >> highShift) & 3) << 4);
        output[out++] = factor * (quant - 32);
      }
    }
  }
};
