import type { Dequantizer } from "./dequantizer.ts";

/** Twice the values of E2M1 (OCP Microscaling Formats 1.0): 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives. */
const levels: Int8Array = new Int8Array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]);

/** 2^(exponent - 128) by exponent; the smallest is a subnormal float32. */
const scales: Float32Array = Float32Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 128));

/**
 * MXFP4: one byte of exponent (E8M0), then 16 bytes of nibbles as in Q4_0, each choosing a level. The levels are
 * doubled, so the scale is halved: 2^(exponent - 128). The exponent 255, which the specification calls NaN, is a
 * number here as in ggml.
 */
export const dequantizeMXFP4: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  let at = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; out += 32) {
    const scale = scales[bytes[at++]!]!;
    for (let index = 0; index < 16; index++) {
      const quants = bytes[at++]!;
      output[out + index] = scale * levels[quants & 15]!;
      output[out + index + 16] = scale * levels[quants >> 4]!;
    }
  }
};
