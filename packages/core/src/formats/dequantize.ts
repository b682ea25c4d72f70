import { BayLingError } from "../errors.ts";
import type { Dequantizer } from "./dequantize/dequantizer.ts";
import { dequantizeBF16, dequantizeF16, dequantizeF32 } from "./dequantize/floats.ts";
import { dequantizeIQ4_NL, dequantizeIQ4_XS } from "./dequantize/iq4.ts";
import { dequantizeMXFP4 } from "./dequantize/mxfp4.ts";
import { dequantizeQ2_K } from "./dequantize/q2-k.ts";
import { dequantizeQ3_K } from "./dequantize/q3-k.ts";
import { dequantizeQ4_0, dequantizeQ4_1 } from "./dequantize/q4.ts";
import { dequantizeQ4_K } from "./dequantize/q4-k.ts";
import { dequantizeQ5_0, dequantizeQ5_1 } from "./dequantize/q5.ts";
import { dequantizeQ5_K } from "./dequantize/q5-k.ts";
import { dequantizeQ6_K } from "./dequantize/q6-k.ts";
import { dequantizeQ8_0 } from "./dequantize/q8.ts";
import { type TensorType, tensorTypes } from "./tensor-types.ts";

export type { Dequantizer } from "./dequantize/dequantizer.ts";

const dequantizers: Readonly<Record<TensorType, Dequantizer>> = {
  F32: dequantizeF32,
  F16: dequantizeF16,
  BF16: dequantizeBF16,
  Q4_0: dequantizeQ4_0,
  Q4_1: dequantizeQ4_1,
  Q5_0: dequantizeQ5_0,
  Q5_1: dequantizeQ5_1,
  Q8_0: dequantizeQ8_0,
  Q2_K: dequantizeQ2_K,
  Q3_K: dequantizeQ3_K,
  Q4_K: dequantizeQ4_K,
  Q5_K: dequantizeQ5_K,
  Q6_K: dequantizeQ6_K,
  IQ4_NL: dequantizeIQ4_NL,
  IQ4_XS: dequantizeIQ4_XS,
  MXFP4: dequantizeMXFP4,
};

/** The decoder of a tensor type. It checks nothing: made for loops that have checked their sizes. */
export function dequantizer(type: TensorType): Dequantizer {
  return dequantizers[type];
}

/**
 * Decodes the first `length` elements of `bytes` into a new array.
 * @throws BayLingError `argument-invalid` when `length` is no multiple of the block size or `bytes` is too short
 */
export function dequantize(type: TensorType, bytes: Uint8Array, length: number): Float32Array<ArrayBuffer> {
  const { blockSize, blockBytes } = tensorTypes[type];
  if (!Number.isSafeInteger(length) || length < 0 || length % blockSize !== 0) {
    throw new BayLingError("argument-invalid", {
      field: "length",
      problem: `${type} is decoded by whole blocks`,
      expected: `a multiple of ${blockSize}`,
      received: String(length),
    });
  }
  const needed = (length / blockSize) * blockBytes;
  if (bytes.length < needed) {
    throw new BayLingError("argument-invalid", {
      field: "bytes",
      problem: `too few bytes for ${length} elements of ${type}`,
      expected: `${needed} or more`,
      received: String(bytes.length),
    });
  }
  const output = new Float32Array(length);
  dequantizers[type](bytes, 0, length, output, 0);
  return output;
}
