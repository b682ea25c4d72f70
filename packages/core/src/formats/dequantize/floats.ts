import type { Dequantizer } from "./dequantizer.ts";
import { halfTable } from "./half.ts";

/** One word, seen as bits and as a number: typed arrays over the input would need alignment and be garbage. */
const word: Uint32Array = new Uint32Array(1);
const float: Float32Array = new Float32Array(word.buffer);

export const dequantizeF32: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  for (let index = 0, at = byteOffset; index < length; index++, at += 4) {
    word[0] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    output[outputOffset + index] = float[0]!;
  }
};

export const dequantizeF16: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  const half = halfTable();
  for (let index = 0, at = byteOffset; index < length; index++, at += 2) {
    output[outputOffset + index] = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
  }
};

/** The upper half of a float32. */
export const dequantizeBF16: Dequantizer = (bytes, byteOffset, length, output, outputOffset) => {
  for (let index = 0, at = byteOffset; index < length; index++, at += 2) {
    word[0] = (bytes[at]! << 16) | (bytes[at + 1]! << 24);
    output[outputOffset + index] = float[0]!;
  }
};
