import { describeValue, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { quantizeBF16, quantizeF16, quantizeF32 } from "./quantize/floats.ts";
import { largestHalf } from "./quantize/half-bits.ts";
import { quantizeQ4_K, quantizeQ5_K } from "./quantize/k-with-minima.ts";
import { quantizeQ4_0, quantizeQ5_0 } from "./quantize/q4-0.ts";
import { quantizeQ6_K } from "./quantize/q6-k.ts";
import { quantizeQ8_0 } from "./quantize/q8-0.ts";
import type { Quantizer } from "./quantize/quantizer.ts";
import { rowBytes, tensorTypes } from "./tensor-types.ts";

/** The tensor types that this SDK writes. */
export type QuantizableType = "F32" | "F16" | "BF16" | "Q4_0" | "Q5_0" | "Q8_0" | "Q4_K" | "Q5_K" | "Q6_K";

interface Encoding {
  readonly quantizer: Quantizer;
  /** The largest magnitude that every block can hold: beyond it the scale, a half, would be infinite. */
  readonly largest: number;
}

const encodings: Readonly<Record<QuantizableType, Encoding>> = {
  F32: { quantizer: quantizeF32, largest: 3.4028234663852886e38 },
  F16: { quantizer: quantizeF16, largest: largestHalf },
  BF16: { quantizer: quantizeBF16, largest: 3.3895313892515355e38 },
  Q4_0: { quantizer: quantizeQ4_0, largest: largestHalf * 8 },
  Q5_0: { quantizer: quantizeQ5_0, largest: largestHalf * 16 },
  Q8_0: { quantizer: quantizeQ8_0, largest: largestHalf * 127 },
  Q4_K: { quantizer: quantizeQ4_K, largest: largestHalf * 63 },
  Q5_K: { quantizer: quantizeQ5_K, largest: largestHalf * 63 },
  Q6_K: { quantizer: quantizeQ6_K, largest: largestHalf * 127 * 31 },
};

/** Whether this SDK writes a tensor type. */
export function isQuantizableType(type: string): type is QuantizableType {
  return Object.hasOwn(encodings, type);
}

/**
 * Encodes values into a new array of bytes, block by block: the inverse of `dequantize`. Rows follow each other without
 * padding, so their length must be a multiple of the block size too.
 *
 * F16, BF16, Q8_0, Q4_0 and Q5_0 give the bytes that ggml's `quantize_row_*_ref` give; Q4_K, Q5_K and Q6_K are searched
 * for little squared error.
 * @throws BayLingError `argument-invalid` for a type that is only read, and for a length that is no multiple of the
 * block size; `tensor-value-invalid` for NaN, infinity and magnitudes that the type cannot hold
 */
export function quantize(type: QuantizableType, values: Float32Array): Uint8Array<ArrayBuffer> {
  if (!isQuantizableType(type)) throw invalidArgument("type", `one of ${Object.keys(encodings).join(", ")}`, type);
  if (!(values instanceof Float32Array)) throw invalidArgument("values", "a Float32Array", values);
  const { blockSize } = tensorTypes[type];
  if (values.length % blockSize !== 0) {
    throw new BayLingError("argument-invalid", {
      field: "values",
      problem: `${type} is encoded by whole blocks`,
      expected: `a multiple of ${blockSize} elements`,
      received: String(values.length),
    });
  }
  const output = new Uint8Array(rowBytes(type, values.length));
  quantizeInto(type, values, values.length, output);
  return output;
}

/** What the values belong to, for error messages. */
export interface ValuePlace {
  readonly source: string;
  readonly tensor: string;
  /** Which element of the tensor the first value is. */
  readonly first: number;
}

/**
 * Encodes the first `length` values, a multiple of the block size, into the beginning of `output`, which is long enough.
 * @throws BayLingError `tensor-value-invalid`
 */
export function quantizeInto(
  type: QuantizableType,
  values: Float32Array,
  length: number,
  output: Uint8Array,
  place?: ValuePlace,
): void {
  const { quantizer, largest } = encodings[type];
  for (let index = 0; index < length; index++) {
    // Written so that NaN is refused too.
    if (!(Math.abs(values[index]!) <= largest)) throw notHeld(type, values[index]!, index, place);
  }
  quantizer(values, 0, length, output, 0);
}

function notHeld(type: QuantizableType, value: number, index: number, place: ValuePlace | undefined): BayLingError {
  const finite = Number.isFinite(value);
  return new BayLingError("tensor-value-invalid", {
    source: place?.source,
    field: place === undefined ? `values[${index}]` : `${place.tensor}[${place.first + index}]`,
    problem: finite ? `${type} cannot hold a value of this size` : `${type} holds numbers only`,
    expected: finite ? `a magnitude up to ${encodings[type].largest}` : "a finite number",
    received: describeValue(value),
    remedy: finite ? "Use BF16 or F32" : "The weights are damaged: get the model again",
  });
}
