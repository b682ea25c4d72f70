import { BayLingError } from "../errors.ts";
import { type TensorType, type TensorTypeLayout, tensorTypeNames, tensorTypes } from "./tensor-types.ts";

/**
 * Tensor types of ggml that files may hold and that this SDK does not decode. Their layouts are known so that sizes
 * and overlaps are checked and the rest of the file stays readable.
 */
const foreignTensorTypes: Readonly<Record<string, TensorTypeLayout>> = {
  Q8_1: { id: 9, blockSize: 32, blockBytes: 36 },
  Q8_K: { id: 15, blockSize: 256, blockBytes: 292 },
  IQ2_XXS: { id: 16, blockSize: 256, blockBytes: 66 },
  IQ2_XS: { id: 17, blockSize: 256, blockBytes: 74 },
  IQ3_XXS: { id: 18, blockSize: 256, blockBytes: 98 },
  IQ1_S: { id: 19, blockSize: 256, blockBytes: 50 },
  IQ3_S: { id: 21, blockSize: 256, blockBytes: 110 },
  IQ2_S: { id: 22, blockSize: 256, blockBytes: 82 },
  I8: { id: 24, blockSize: 1, blockBytes: 1 },
  I16: { id: 25, blockSize: 1, blockBytes: 2 },
  I32: { id: 26, blockSize: 1, blockBytes: 4 },
  I64: { id: 27, blockSize: 1, blockBytes: 8 },
  F64: { id: 28, blockSize: 1, blockBytes: 8 },
  IQ1_M: { id: 29, blockSize: 256, blockBytes: 56 },
  TQ1_0: { id: 34, blockSize: 256, blockBytes: 54 },
  TQ2_0: { id: 35, blockSize: 256, blockBytes: 66 },
  NVFP4: { id: 40, blockSize: 64, blockBytes: 36 },
  Q1_0: { id: 41, blockSize: 128, blockBytes: 18 },
  Q2_0: { id: 42, blockSize: 64, blockBytes: 18 },
};

/** Layout of any ggml type by its name, or `undefined` for a name that nobody knows. */
export function tensorTypeLayout(name: string): TensorTypeLayout | undefined {
  if (Object.hasOwn(tensorTypes, name)) return tensorTypes[name as TensorType];
  return Object.hasOwn(foreignTensorTypes, name) ? foreignTensorTypes[name] : undefined;
}

const namesById: ReadonlyMap<number, string> = new Map(
  [...Object.entries(tensorTypes), ...Object.entries(foreignTensorTypes)].map(([name, { id }]) => [id, name]),
);

/** Name of a ggml type by its number in the file. */
export function tensorTypeName(id: number): string | undefined {
  return namesById.get(id);
}

/** Types that llama.cpp once wrote and then took out of GGUF: 4–5 in 2023, the interleaved ones in 2024. */
const removedTypes: readonly number[] = [4, 5, 31, 32, 33, 36, 37, 38];

/** The error for a type number that {@link tensorTypeName} does not know. */
export function unknownTensorType(source: string, field: string, id: number): BayLingError {
  const removed = removedTypes.includes(id);
  return new BayLingError("tensor-type-not-supported", {
    source,
    field,
    problem: removed ? "this tensor type was removed from GGUF" : "unknown tensor type",
    expected: `one of ${tensorTypeNames.join(", ")}`,
    received: `ggml type ${id}`,
    remedy: "Convert the model again with a current llama.cpp, to one of these types",
  });
}
