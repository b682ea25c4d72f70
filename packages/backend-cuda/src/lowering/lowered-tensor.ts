import type { GgufTensorInput } from "@bayling/core";
import {
  dequantize,
  type RowOrder,
  reorderRows,
  rowBytes,
  type WeightReference,
  type WeightSource,
} from "@bayling/core/backend";

/** Bytes that are read, and so in memory, at a time. */
const pieceBytes = 4 * 1024 * 1024;

/** The bytes of a tensor and how many they are. */
export interface LoweredTensor extends GgufTensorInput {
  readonly byteLength: number;
}

/**
 * A weight of the model as a tensor of a GGUF file: matrices as they are stored, vectors in F32, since llama.cpp adds
 * and multiplies them in no other type. With `order` the rows of every head change places.
 */
export function lowerWeight(
  weights: WeightSource,
  name: string,
  { name: stored, shape }: WeightReference,
  order?: RowOrder,
): LoweredTensor {
  const { type, byteLength } = weights.get(stored);
  const [rows, columns] = shape;
  if (columns === undefined) {
    const data = async function* ({ signal }: ReadOptions) {
      const values = dequantize(type, await weights.read(stored, 0, byteLength, { signal }), rows);
      yield reordered(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4, order);
    };
    return { name, type: "F32", shape, byteLength: rows * 4, data };
  }
  const row = rowBytes(type, columns);
  const group = row * (order?.length ?? 1);
  const piece = Math.max(group, Math.floor(pieceBytes / group) * group);
  const data = async function* ({ signal }: ReadOptions) {
    for (let offset = 0; offset < byteLength; offset += piece) {
      const bytes = await weights.read(stored, offset, Math.min(piece, byteLength - offset), { signal });
      yield reordered(bytes, row, order);
    }
  };
  return { name, type, shape, byteLength, data };
}

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A tensor of numbers that the graph holds and llama.cpp wants in the file. */
export function lowerNumbers(name: string, numbers: readonly number[]): LoweredTensor {
  const data = new Uint8Array(Float32Array.from(numbers).buffer);
  return { name, type: "F32", shape: [numbers.length], byteLength: data.length, data };
}

function reordered(bytes: Uint8Array, row: number, order: RowOrder | undefined): Uint8Array {
  return order === undefined ? bytes : reorderRows(bytes, row, order);
}
