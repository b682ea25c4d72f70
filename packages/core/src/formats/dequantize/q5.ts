import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/** Q5_0: half scale, one word with the fifth bit of each element, then nibbles as in Q4_0; each 16 too large. */
export const dequantizeQ5_0: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let at = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; out += 32) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const high = bytes[at + 2]! | (bytes[at + 3]! << 8) | (bytes[at + 4]! << 16) | (bytes[at + 5]! << 24);
    at += 6;
    for (let index = 0; index < 16; index++) {
      const quants = bytes[at++]!;
      output[out + index] = scale * (((quants & 15) | (((high >>> index) & 1) << 4)) - 16);
      output[out + index + 16] = scale * (((quants >> 4) | (((high >>> (index + 16)) & 1) << 4)) - 16);
    }
  }
};

/** Q5_1: half scale, half minimum, then as in Q5_0 without its offset. */
export const dequantizeQ5_1: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let at = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; out += 32) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const minimum = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
    at += 8;
    for (let index = 0; index < 16; index++) {
      const quants = bytes[at++]!;
      output[out + index] = scale * ((quants & 15) | (((high >>> index) & 1) << 4)) + minimum;
      output[out + index + 16] = scale * ((quants >> 4) | (((high >>> (index + 16)) & 1) << 4)) + minimum;
    }
  }
};
