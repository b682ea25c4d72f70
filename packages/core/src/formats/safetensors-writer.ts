import { describeValue } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { openSink, type SinkOutput } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { lengthBytes, mostHeaderBytes, typeBytes } from "./safetensors-header.ts";
import { type WrittenTensor, writeTensor } from "./write-tensor.ts";

/** A tensor to be written, without its bytes. */
export type SafetensorsDescription = Pick<WrittenTensor, "name" | "type" | "shape">;

/** What a safetensors file is made of. */
export interface SafetensorsContent {
  readonly tensors: readonly WrittenTensor[];
  /** Notes; `transformers` wants `format` → `pt`. */
  readonly metadata?: ReadonlyMap<string, string> | undefined;
}

export interface EncodedSafetensorsHeader {
  /** The length of the header, and the header. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Which tensor comes when, by its index. */
  readonly order: readonly number[];
  /** Bytes of each tensor, by its index. */
  readonly byteLengths: readonly number[];
}

/**
 * Encodes the header of a safetensors file (https://github.com/huggingface/safetensors). Like the format's own writer it
 * puts tensors of larger elements first and fills the header up to a multiple of 8 bytes, so that every tensor is
 * aligned.
 * @throws BayLingError `argument-invalid` for what the format cannot hold
 */
export function encodeSafetensorsHeader(
  tensors: readonly SafetensorsDescription[],
  metadata: ReadonlyMap<string, string> = new Map(),
): EncodedSafetensorsHeader {
  const byteLengths = tensors.map(byteLengthOf);
  const elementBytes = (index: number) => typeBytes.get(tensors[index]!.type)!;
  const order = [...tensors.keys()].sort((a, b) => elementBytes(b) - elementBytes(a) || a - b);
  // A map: an object would put names that are numbers first, and lose `__proto__`.
  const members = new Map<string, unknown>();
  if (metadata.size > 0) members.set("__metadata__", Object.fromEntries(metadata));
  let end = 0;
  for (const index of order) {
    const { name, type, shape } = tensors[index]!;
    if (members.has(name) || name === "__metadata__") throw invalid(name, "two members of the header have this name");
    const begin = end;
    end += byteLengths[index]!;
    if (!Number.isSafeInteger(end)) throw invalid(name, "the file would be too large");
    members.set(name, { dtype: type, shape, data_offsets: [begin, end] });
  }
  const fields = Array.from(members, ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > mostHeaderBytes) throw invalid(undefined, "there are more tensors than a header holds");
  const bytes = new Uint8Array(lengthBytes + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, lengthBytes);
  return { bytes, order, byteLengths };
}

/**
 * Writes a safetensors file and resolves with its size in bytes. A file appears under its name only when it is complete.
 * @throws BayLingError `argument-invalid` for what the format cannot hold, and for a tensor that gives more or fewer
 * bytes than its shape says; `sink-unwritable`
 */
export async function writeSafetensors(
  output: SinkOutput,
  { tensors, metadata }: SafetensorsContent,
  { signal }: ReadOptions = {},
): Promise<number> {
  signal?.throwIfAborted();
  const { bytes, order, byteLengths } = encodeSafetensorsHeader(tensors, metadata);
  const sink = await openSink(output);
  try {
    await sink.write(bytes);
    for (const index of order) await writeTensor(sink, tensors[index]!, byteLengths[index]!, signal);
    signal?.throwIfAborted();
    await sink.commit();
    return byteLengths.reduce((size, byteLength) => size + byteLength, bytes.length);
  } catch (error) {
    await sink.discard(error);
    throw error;
  }
}

function byteLengthOf({ name, type, shape }: SafetensorsDescription): number {
  // Half of a surrogate pair is no Unicode, and other readers refuse it.
  if (/[\ud800-\udfff]/u.test(name)) throw invalid(name, "the name is no Unicode");
  const size = typeBytes.get(type);
  if (size === undefined) throw invalid(name, "safetensors has no such type", [...typeBytes.keys()].join(", "), type);
  const whole = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  const byteLength = shape.reduce((product, extent) => product * extent, size);
  if (whole && Number.isSafeInteger(byteLength)) return byteLength;
  throw invalid(name, "safetensors holds no such shape", "whole numbers from 0", describeValue(shape.join(" × ")));
}

function invalid(field: string | undefined, problem: string, expected?: string, received?: string): BayLingError {
  return new BayLingError("argument-invalid", { field, problem, expected, received });
}
