import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";
import { tensorTypeLayout, tensorTypeName, unknownTensorType } from "./foreign-tensor-types.ts";
import { GgufCursor } from "./gguf-cursor.ts";
import { describeForeignFile } from "./gguf-magic.ts";
import { GgufMetadata } from "./gguf-metadata.ts";
import type { GgufEntry } from "./gguf-value.ts";
import { GgufValueReader, readName } from "./gguf-value-reader.ts";

/** A tensor as one file's header describes it. */
export interface GgufHeaderTensor {
  readonly name: string;
  /** A name of tensor-types.ts or foreign-tensor-types.ts. */
  readonly type: string;
  /** Row-major, outermost dimension first. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** From the beginning of the file. */
  readonly offset: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufHeaderTensor[];
  /** Where the header ends; the tensors begin at the next multiple of `alignment`. */
  readonly byteLength: number;
  readonly alignment: number;
}

export const ggufDefaultAlignment = 32;

/** Far above any real file, low enough that the objects made for them stay small. */
const mostKeys = 65_536;
const mostTensors = 262_144;
const mostDimensions = 4;

/** Bytes that the shortest pair (an empty key is none, but no matter) and tensor description take. */
const smallestPair = 8 + 1 + 4 + 1;
const smallestTensor = 8 + 1 + 4 + 8 + 4 + 8;

/**
 * Reads the header of one GGUF file, version 2 or 3 (github.com/ggml-org/ggml, docs/gguf.md), and checks that every
 * tensor lies within the file, aligned, and on no other. Reads a little beyond the header, never the tensors.
 * @throws BayLingError `gguf-not-gguf`, `gguf-version-not-supported`, `gguf-truncated`, `gguf-invalid`,
 * `tensor-type-not-supported`
 */
export async function readGgufHeader(source: ByteSource, options: ReadOptions = {}): Promise<GgufHeader> {
  const cursor = new GgufCursor(source, options);
  const version = await readVersion(cursor);
  await cursor.need(16, "tensor count");
  const tensorCount = readCount(cursor, "tensor count", mostTensors);
  const keyCount = readCount(cursor, "metadata count", mostKeys);
  checkCount(cursor, "tensor count", tensorCount, smallestTensor);
  checkCount(cursor, "metadata count", keyCount, smallestPair);

  const metadata = await readMetadata(cursor, keyCount);
  const alignment = readAlignment(metadata);
  const tensors: GgufHeaderTensor[] = [];
  for (let index = 0; index < tensorCount; index++) tensors.push(await readTensor(cursor, index));

  const byteLength = cursor.offset;
  const dataOffset = Math.ceil(byteLength / alignment) * alignment;
  const placed = tensors.map((tensor) => placeTensor(source, tensor, dataOffset, alignment));
  checkDistinct(source, placed);
  return { version, metadata, tensors: placed, byteLength, alignment };
}

async function readVersion(cursor: GgufCursor): Promise<number> {
  const { source } = cursor;
  const length = Math.min(24, source.size);
  if (length > 0) await cursor.need(length, "magic");
  const { bytes } = cursor.window;
  const start = bytes.subarray(0, 64);
  const isGguf = length >= 4 && String.fromCharCode(...start.subarray(0, 4)) === "GGUF";
  if (!isGguf) {
    throw new BayLingError("gguf-not-gguf", {
      source: source.name,
      field: "magic",
      problem: "this is not a GGUF file",
      expected: 'a file that begins with "GGUF"',
      ...describeForeignFile(start),
    });
  }
  if (length < 24) {
    cursor.skip(4);
    throw cursor.truncated("version", 20);
  }
  cursor.skip(4);
  const version = cursor.uint32();
  if (version === 2 || version === 3) return version;
  const bigEndian = version !== 0 && version % 0x10000 === 0;
  throw new BayLingError("gguf-version-not-supported", {
    source: source.name,
    field: "version",
    problem: bigEndian ? "this is a big-endian GGUF file" : "this version of GGUF is not supported",
    expected: "2 or 3, little-endian",
    received: bigEndian ? `version ${new DataView(bytes.buffer).getUint32(4)}, big-endian` : String(version),
    remedy: "Convert the model again with a current llama.cpp, on or for a little-endian machine",
  });
}

function readCount(cursor: GgufCursor, field: string, most: number): number {
  const count = cursor.length(field);
  if (count <= most) return count;
  throw new BayLingError("gguf-invalid", {
    source: cursor.source.name,
    field,
    problem: "absurdly large count",
    expected: `at most ${most}`,
    received: String(count),
  });
}

function checkCount(cursor: GgufCursor, field: string, count: number, smallest: number): void {
  if (count * smallest > cursor.remaining) throw cursor.truncated(field, count * smallest);
}

async function readMetadata(cursor: GgufCursor, count: number): Promise<GgufMetadata> {
  const values = new GgufValueReader(cursor);
  const entries = new Map<string, GgufEntry>();
  for (let index = 0; index < count; index++) {
    const key = await readName(cursor, `metadata key ${index}`);
    if (entries.has(key)) {
      throw new BayLingError("gguf-invalid", {
        source: cursor.source.name,
        field: key,
        problem: "the metadata key appears twice",
      });
    }
    entries.set(key, await values.readEntry(key));
  }
  return new GgufMetadata(cursor.source.name, entries);
}

function readAlignment(metadata: GgufMetadata): number {
  const alignment = metadata.number("general.alignment") ?? ggufDefaultAlignment;
  // A power of two that fits 32 bits has one bit set.
  if (Number.isInteger(alignment) && alignment >= 1 && alignment <= 2 ** 31 && Number.isInteger(Math.log2(alignment))) {
    return alignment;
  }
  throw new BayLingError("gguf-invalid", {
    source: metadata.source,
    field: "general.alignment",
    problem: "this is no alignment",
    expected: "a power of two",
    received: String(alignment),
  });
}

/** The offset is still relative to the tensor data: where that begins is known only after the last description. */
async function readTensor(cursor: GgufCursor, index: number): Promise<GgufHeaderTensor> {
  const name = await readName(cursor, `tensor name ${index}`);
  const invalid = (problem: string, expected: string, received: string): BayLingError =>
    new BayLingError("gguf-invalid", { source: cursor.source.name, field: name, problem, expected, received });

  const pending = cursor.need(4, name);
  if (pending) await pending;
  const dimensions = cursor.uint32();
  if (dimensions < 1 || dimensions > mostDimensions) {
    throw invalid("wrong number of dimensions", `1 to ${mostDimensions}`, String(dimensions));
  }
  const rest = cursor.need(8 * dimensions + 12, name);
  if (rest) await rest;
  const shape: number[] = [];
  let elements = 1;
  for (let dimension = 0; dimension < dimensions; dimension++) {
    const extent = cursor.length(name);
    if (extent === 0) throw invalid("a dimension is zero", "1 or more", `0 in dimension ${dimension}`);
    shape.unshift(extent);
    elements *= extent;
  }
  const id = cursor.uint32();
  const type = tensorTypeName(id);
  if (type === undefined) throw unknownTensorType(cursor.source.name, name, id);
  const { blockSize, blockBytes } = tensorTypeLayout(type)!;
  const byteLength = (elements / blockSize) * blockBytes;
  if (elements > Number.MAX_SAFE_INTEGER || byteLength > Number.MAX_SAFE_INTEGER) {
    throw invalid("the tensor is absurdly large", "less than 2^53 bytes", `shape [${shape.join(", ")}]`);
  }
  const columns = shape.at(-1)!;
  if (columns % blockSize !== 0) {
    throw invalid(`rows do not divide into blocks of ${type}`, `columns a multiple of ${blockSize}`, String(columns));
  }
  return { name, type, shape, byteLength, offset: cursor.length(name) };
}

function placeTensor(
  source: ByteSource,
  tensor: GgufHeaderTensor,
  dataOffset: number,
  alignment: number,
): GgufHeaderTensor {
  if (tensor.offset % alignment !== 0) {
    throw new BayLingError("gguf-invalid", {
      source: source.name,
      field: tensor.name,
      problem: "the tensor is not aligned",
      expected: `an offset that is a multiple of ${alignment}`,
      received: String(tensor.offset),
    });
  }
  const offset = dataOffset + tensor.offset;
  if (offset + tensor.byteLength > source.size) {
    throw new BayLingError("gguf-truncated", {
      source: source.name,
      field: tensor.name,
      problem: "the tensor passes the end of the file",
      expected: `a file of ${offset + tensor.byteLength} bytes or more`,
      received: String(source.size),
      remedy: "Download or copy the file again",
    });
  }
  return { ...tensor, offset };
}

function checkDistinct(source: ByteSource, tensors: readonly GgufHeaderTensor[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) {
      throw new BayLingError("gguf-invalid", {
        source: source.name,
        field: name,
        problem: "two tensors have this name",
      });
    }
    names.add(name);
  }
  const byOffset = [...tensors].sort((a, b) => a.offset - b.offset);
  for (const [index, tensor] of byOffset.entries()) {
    const previous = byOffset[index - 1];
    if (previous === undefined || previous.offset + previous.byteLength <= tensor.offset) continue;
    throw new BayLingError("gguf-invalid", {
      source: source.name,
      field: tensor.name,
      problem: `the tensor overlaps with ${previous.name}`,
      expected: `an offset of ${previous.offset + previous.byteLength} or more`,
      received: String(tensor.offset),
    });
  }
}
