import type { GgufStringArray } from "./gguf-string-array.ts";

/** The value types of GGUF metadata, in the order of their numbers in the file. */
export const ggufValueTypes = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
] as const;

export type GgufValueType = (typeof ggufValueTypes)[number];

/** Types whose values are JavaScript numbers. */
export type GgufNumberType = "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32" | "float64";

/** Bytes of one value; strings and arrays have none of their own. */
export const ggufValueBytes: Readonly<Record<Exclude<GgufValueType, "string" | "array">, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
};

/** An array with the type of its elements, as the file says it. */
export type GgufArray =
  | { readonly elementType: "uint8"; readonly values: Uint8Array }
  | { readonly elementType: "int8"; readonly values: Int8Array }
  | { readonly elementType: "uint16"; readonly values: Uint16Array }
  | { readonly elementType: "int16"; readonly values: Int16Array }
  | { readonly elementType: "uint32"; readonly values: Uint32Array }
  | { readonly elementType: "int32"; readonly values: Int32Array }
  | { readonly elementType: "float32"; readonly values: Float32Array }
  | { readonly elementType: "float64"; readonly values: Float64Array }
  | { readonly elementType: "uint64"; readonly values: BigUint64Array }
  | { readonly elementType: "int64"; readonly values: BigInt64Array }
  /** One byte each, 0 or 1. */
  | { readonly elementType: "bool"; readonly values: Uint8Array }
  | { readonly elementType: "string"; readonly values: GgufStringArray }
  | { readonly elementType: "array"; readonly values: readonly GgufArray[] };

/** A metadata value with its type: what a file is written from, and read to, without loss. */
export type GgufEntry =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: "uint64" | "int64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "array"; readonly value: GgufArray };

/** A metadata value in plain JavaScript. 64-bit integers are `bigint`, arrays of numbers typed arrays. */
export type GgufValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array
  | GgufStringArray
  | readonly boolean[]
  | readonly GgufValue[];

/** Takes the types away. Arrays of numbers and strings are shared with the entry, others are copies. */
export function ggufArrayValue(array: GgufArray): Exclude<GgufValue, number | bigint | boolean | string> {
  if (array.elementType === "bool") return Array.from(array.values, (value) => value !== 0);
  if (array.elementType === "array") return array.values.map(ggufArrayValue);
  return array.values;
}
