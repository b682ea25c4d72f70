/**
 * How GGUF lays out one tensor type: rows are cut into blocks of `blockSize` elements that take `blockBytes` bytes.
 * Numbers are those of `ggml_type` in the GGUF specification (github.com/ggml-org/ggml, docs/gguf.md).
 */
export interface TensorTypeLayout {
  readonly id: number;
  readonly blockSize: number;
  readonly blockBytes: number;
}

/** The name of a tensor type that this SDK reads, as GGUF tools print it. */
export type TensorType =
  | "F32"
  | "F16"
  | "BF16"
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q8_0"
  | "Q2_K"
  | "Q3_K"
  | "Q4_K"
  | "Q5_K"
  | "Q6_K"
  | "IQ4_NL"
  | "IQ4_XS"
  | "MXFP4";

export const tensorTypes: Readonly<Record<TensorType, TensorTypeLayout>> = {
  F32: { id: 0, blockSize: 1, blockBytes: 4 },
  F16: { id: 1, blockSize: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockSize: 32, blockBytes: 18 },
  Q4_1: { id: 3, blockSize: 32, blockBytes: 20 },
  Q5_0: { id: 6, blockSize: 32, blockBytes: 22 },
  Q5_1: { id: 7, blockSize: 32, blockBytes: 24 },
  Q8_0: { id: 8, blockSize: 32, blockBytes: 34 },
  Q2_K: { id: 10, blockSize: 256, blockBytes: 84 },
  Q3_K: { id: 11, blockSize: 256, blockBytes: 110 },
  Q4_K: { id: 12, blockSize: 256, blockBytes: 144 },
  Q5_K: { id: 13, blockSize: 256, blockBytes: 176 },
  Q6_K: { id: 14, blockSize: 256, blockBytes: 210 },
  IQ4_NL: { id: 20, blockSize: 32, blockBytes: 18 },
  IQ4_XS: { id: 23, blockSize: 256, blockBytes: 136 },
  BF16: { id: 30, blockSize: 1, blockBytes: 2 },
  MXFP4: { id: 39, blockSize: 32, blockBytes: 17 },
};

export const tensorTypeNames: readonly TensorType[] = Object.keys(tensorTypes) as TensorType[];

/** Whether a type name, such as `GgufTensor.type`, is one that this SDK decodes. */
export function isTensorType(name: string): name is TensorType {
  return Object.hasOwn(tensorTypes, name);
}

/** Bytes of one row of `columns` elements; `columns` must be a multiple of the type's block size. */
export function rowBytes(type: TensorType, columns: number): number {
  const { blockSize, blockBytes } = tensorTypes[type];
  return (columns / blockSize) * blockBytes;
}
