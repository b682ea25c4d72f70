import { halfBits, writeHalf } from "./half-bits.ts";
import type { Quantizer } from "./quantizer.ts";

const float: Float32Array = new Float32Array(1);
const word: Uint32Array = new Uint32Array(float.buffer);

export const quantizeF32: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  const end = valueOffset + length;
  for (let index = valueOffset, at = byteOffset; index < end; index++, at += 4) {
    float[0] = values[index]!;
    const bits = word[0]!;
    output[at] = bits & 0xff;
    output[at + 1] = (bits >>> 8) & 0xff;
    output[at + 2] = (bits >>> 16) & 0xff;
    output[at + 3] = bits >>> 24;
  }
};

export const quantizeF16: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  const end = valueOffset + length;
  for (let index = valueOffset, at = byteOffset; index < end; index++, at += 2) {
    writeHalf(halfBits(values[index]!), output, at);
  }
};

/** The upper half of a float32, rounded to the nearest, of two equally near ones to the even one. */
export const quantizeBF16: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  const end = valueOffset + length;
  for (let index = valueOffset, at = byteOffset; index < end; index++, at += 2) {
    float[0] = values[index]!;
    const bits = word[0]!;
    writeHalf((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16, output, at);
  }
};
