import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/** Q8_0: half scale, then 32 signed bytes. */
export const dequantizeQ8_0: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let at = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; out += 32) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    at += 2;
    for (let index = 0; index < 32; index++) output[out + index] = scale * ((bytes[at++]! << 24) >> 24);
  }
};
