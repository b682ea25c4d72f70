import { BayLingError } from "../errors.ts";
import { tensorTypeLayout } from "./foreign-tensor-types.ts";
import { GgufEncoder } from "./gguf-encoder.ts";
import { ggufDefaultAlignment } from "./gguf-header.ts";
import type { GgufEntry } from "./gguf-value.ts";

/** A tensor to be written, without its bytes. */
export interface GgufTensorDescription {
  readonly name: string;
  /** The name of a ggml type, also of one that this SDK does not decode. */
  readonly type: string;
  /** Row-major, outermost dimension first: [rows, columns]. */
  readonly shape: readonly number[];
}

export interface EncodedGgufHeader {
  /** From the magic to the first tensor, padding included. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly alignment: number;
  /** Bytes of each tensor, without the padding after it. */
  readonly byteLengths: readonly number[];
}

/** Encodes the header of a GGUF file of version 3. @throws BayLingError `argument-invalid` for what GGUF cannot hold */
export function encodeGgufHeader(
  metadata: Iterable<readonly [string, GgufEntry]>,
  tensors: readonly GgufTensorDescription[],
): EncodedGgufHeader {
  const entries = new Map<string, GgufEntry>();
  for (const [key, entry] of metadata) {
    if (entries.has(key)) throw invalid(key, "the metadata key appears twice");
    entries.set(key, entry);
  }
  const alignment = alignmentOf(entries);

  const encoder = new GgufEncoder();
  encoder.ascii("GGUF");
  encoder.uint32(3);
  encoder.length(tensors.length);
  encoder.length(entries.size);
  for (const [key, entry] of entries) {
    encoder.name(key);
    encoder.entry(key, entry);
  }

  const names = new Set<string>();
  const byteLengths: number[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    if (names.has(tensor.name)) throw invalid(tensor.name, "two tensors have this name");
    names.add(tensor.name);
    const byteLength = tensorByteLength(tensor);
    encoder.name(tensor.name);
    encoder.uint32(tensor.shape.length);
    for (const extent of tensor.shape.toReversed()) encoder.length(extent);
    encoder.uint32(tensorTypeLayout(tensor.type)!.id);
    encoder.length(offset);
    byteLengths.push(byteLength);
    offset += padded(byteLength, alignment);
  }
  // A file without tensors ends with its header.
  if (tensors.length > 0) encoder.padTo(alignment);
  return { bytes: encoder.finish(), alignment, byteLengths };
}

/** The next multiple of `alignment`. */
export function padded(byteLength: number, alignment: number): number {
  return Math.ceil(byteLength / alignment) * alignment;
}

function alignmentOf(entries: ReadonlyMap<string, GgufEntry>): number {
  const key = "general.alignment";
  const entry = entries.get(key);
  if (entry === undefined) return ggufDefaultAlignment;
  const { type, value } = entry;
  if (type === "uint32" && value >= 1 && value <= 65_536 && Number.isInteger(Math.log2(value))) return value;
  throw invalid(key, "this is no alignment", "a uint32 that is a power of two up to 65536", `${type} ${value}`);
}

function tensorByteLength({ name, type, shape }: GgufTensorDescription): number {
  const layout = tensorTypeLayout(type);
  if (layout === undefined) throw invalid(name, "unknown tensor type", undefined, type);
  const valid =
    shape.length >= 1 && shape.length <= 4 && shape.every((extent) => Number.isSafeInteger(extent) && extent > 0);
  const received = `[${shape.join(", ")}]`;
  if (!valid) throw invalid(name, "GGUF holds no such shape", "1 to 4 whole numbers from 1", received);
  const { blockSize, blockBytes } = layout;
  if (shape.at(-1)! % blockSize !== 0) {
    throw invalid(name, `rows do not divide into blocks of ${type}`, `columns a multiple of ${blockSize}`, received);
  }
  const byteLength = (shape.reduce((product, extent) => product * extent, 1) / blockSize) * blockBytes;
  if (byteLength > Number.MAX_SAFE_INTEGER) throw invalid(name, "the tensor is too large", undefined, received);
  return byteLength;
}

function invalid(field: string, problem: string, expected?: string, received?: string): BayLingError {
  return new BayLingError("argument-invalid", { field, problem, expected, received });
}
