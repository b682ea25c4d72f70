import { dequantizer } from "../formats/dequantize.ts";
import { type QuantizableType, quantizeInto } from "../formats/quantize.ts";
import { rowBytes, type TensorType } from "../formats/tensor-types.ts";

/** Elements that are in memory at once: a multiple of every block size, and some hundredths of a second of work. */
const pieceElements = 1024 * 256;

/** Reads a byte range of a stored tensor. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

/** The largest piece of whole groups, or one group if that is larger. */
function wholeGroups(piece: number, group: number): number {
  return Math.max(group, piece - (piece % group));
}

/**
 * The bytes of a tensor as they are, piece by piece.
 * @param group bytes that are read together
 */
export async function* copiedPieces(read: ReadRange, byteLength: number, group = 1): AsyncGenerator<Uint8Array> {
  const pieceBytes = wholeGroups(pieceElements * 4, group);
  for (let offset = 0; offset < byteLength; offset += pieceBytes) {
    yield await read(offset, Math.min(pieceBytes, byteLength - offset));
  }
}

/**
 * The values of a stored tensor, piece by piece; every piece is the same array, overwritten.
 * @param group elements that are read together
 */
export async function* decodedPieces(
  read: ReadRange,
  type: TensorType,
  elements: number,
  group = 1,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const decode = dequantizer(type);
  const piece = wholeGroups(pieceElements, group);
  const values = new Float32Array(Math.min(piece, elements));
  for (let first = 0; first < elements; first += piece) {
    const length = Math.min(piece, elements - first);
    decode(await read(rowBytes(type, first), rowBytes(type, length)), 0, length, values, 0);
    yield length === values.length ? values : values.subarray(0, length);
  }
}

/** Whose values {@link encodedPieces} encodes, for error messages. */
export interface EncodedTensor {
  readonly source: string;
  readonly tensor: string;
}

/**
 * Encodes values that come in pieces of whole blocks. Every piece is the same array, overwritten.
 * @throws BayLingError `tensor-value-invalid`, which names the tensor and the element
 */
export async function* encodedPieces(
  pieces: AsyncIterable<Float32Array>,
  type: QuantizableType,
  { source, tensor }: EncodedTensor,
): AsyncGenerator<Uint8Array> {
  let output = new Uint8Array(0);
  let first = 0;
  for await (const values of pieces) {
    const byteLength = rowBytes(type, values.length);
    if (output.length < byteLength) output = new Uint8Array(byteLength);
    quantizeInto(type, values, values.length, output, { source, tensor, first });
    first += values.length;
    yield output.subarray(0, byteLength);
  }
}
