import { dequantizer } from "../formats/dequantize.ts";
import { type QuantizableType, quantizeInto } from "../formats/quantize.ts";
import { rowBytes, type TensorType } from "../formats/tensor-types.ts";

/** Elements that are in memory at once: a multiple of every block size, and some hundredths of a second of work. */
const pieceElements = 1024 * 256;

/** Reads a byte range of a stored tensor. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

/** The bytes of a tensor as they are, piece by piece. */
export async function* copiedPieces(read: ReadRange, byteLength: number): AsyncGenerator<Uint8Array> {
  const pieceBytes = pieceElements * 4;
  for (let offset = 0; offset < byteLength; offset += pieceBytes) {
    yield await read(offset, Math.min(pieceBytes, byteLength - offset));
  }
}

/** The values of a stored tensor, piece by piece; every piece is the same array, overwritten. */
export async function* decodedPieces(
  read: ReadRange,
  type: TensorType,
  elements: number,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const decode = dequantizer(type);
  const values = new Float32Array(Math.min(pieceElements, elements));
  for (let first = 0; first < elements; first += pieceElements) {
    const length = Math.min(pieceElements, elements - first);
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
