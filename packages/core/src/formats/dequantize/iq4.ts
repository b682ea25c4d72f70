import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/** The 16 values that IQ4_NL and IQ4_XS choose from: denser near zero than a straight line. */
const levels: Int8Array = new Int8Array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]);

/** IQ4_NL: as Q4_0, but nibbles choose a level. */
export const dequantizeIQ4_NL: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let at = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; out += 32) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    at += 2;
    for (let index = 0; index < 16; index++) {
      const quants = bytes[at++]!;
      output[out + index] = scale * levels[quants & 15]!;
      output[out + index + 16] = scale * levels[quants >> 4]!;
    }
  }
};

/**
 * IQ4_XS, 256 elements: half scale, upper bit pairs of eight 6-bit scales (2 bytes), their low nibbles (4 bytes; each
 * scale 32 too large), then 16 bytes for each run of 32, laid out as in IQ4_NL.
 */
export const dequantizeIQ4_XS: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  let block = byteOffset;
  for (let out = outputOffset; out < outputOffset + length; block += 136) {
    const scale = half[bytes[block]! | (bytes[block + 1]! << 8)]!;
    const high = bytes[block + 2]! | (bytes[block + 3]! << 8);
    for (let subBlock = 0; subBlock < 8; subBlock++, out += 32) {
      const low = (bytes[block + 4 + (subBlock >> 1)]! >> ((subBlock & 1) * 4)) & 15;
      const factor = scale * ((low | (((high >> (subBlock * 2)) & 3) << 4)) - 32);
      const at = block + 8 + subBlock * 16;
      for (let index = 0; index < 16; index++) {
        const quants = bytes[at + index]!;
        output[out + index] = factor * levels[quants & 15]!;
        output[out + index + 16] = factor * levels[quants >> 4]!;
      }
    }
  }
};
