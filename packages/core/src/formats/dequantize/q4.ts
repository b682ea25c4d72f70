import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/** Q4_0: half scale, then 16 bytes; low nibbles are elements 0–15, high ones 16–31, each 8 too large. */
export const dequantizeQ4_0: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let at = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; out += 32) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    at += 2;
    for (let index = 0; index < 16; index++) {
      const quants = bytes[at++]!;
      output[out + index] = scale * ((quants & 15) - 8);
      output[out + index + 16] = scale * ((quants >> 4) - 8);
    }
  }
};

/** Q4_1: half scale, half minimum, then nibbles as in Q4_0. */
export const dequantizeQ4_1: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let at = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; out += 32) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const minimum = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    at += 4;
    for (let index = 0; index < 16; index++) {
      const quants = bytes[at++]!;
      output[out + index] = scale * (quants & 15) + minimum;
      output[out + index + 16] = scale * (quants >> 4) + minimum;
    }
  }
};
