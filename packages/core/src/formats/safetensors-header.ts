import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";
import type { CheckpointTensor } from "./checkpoint-file.ts";
import { describeForeignFile } from "./gguf-magic.ts";

export interface SafetensorsHeader {
  readonly tensors: readonly CheckpointTensor[];
  /** What the writer noted, e.g. `format` → `pt`. */
  readonly metadata: ReadonlyMap<string, string>;
}

export const lengthBytes: number = 8;

/**
 * Room for 100,000 tensors; the largest models have a tenth of that in one file. The format itself allows 100 MB, but
 * parsed JSON takes many times its own size.
 */
export const mostHeaderBytes: number = 16 * 1024 * 1024;

/** The file, a tensor, its shape: nothing in a header lies deeper. */
const mostDepth = 3;

/** Bytes of an element of each type. */
export const typeBytes: ReadonlyMap<string, number> = new Map([
  ...["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"].map((type) => [type, 1] as const),
  ...["U16", "I16", "F16", "BF16"].map((type) => [type, 2] as const),
  ...["U32", "I32", "F32"].map((type) => [type, 4] as const),
  ...["U64", "I64", "F64", "C64"].map((type) => [type, 8] as const),
]);

/**
 * Reads the header of a safetensors file: eight bytes that say how long it is, then JSON, then the tensors without gaps.
 * Follows the format's own reader: https://github.com/huggingface/safetensors
 * @throws BayLingError `safetensors-invalid`, `safetensors-truncated`, and what reading throws
 */
export async function readSafetensorsHeader(source: ByteSource, options: ReadOptions = {}): Promise<SafetensorsHeader> {
  const start = await source.read(0, Math.min(64, source.size), options);
  const length = start.length < lengthBytes ? 0n : new DataView(start.buffer).getBigUint64(0, true);
  const begins = start[lengthBytes] === 0x7b;
  if (length > BigInt(mostHeaderBytes) || !begins) {
    const { received, remedy } = begins ? { received: `a header of ${length} bytes` } : describeForeignFile(start);
    throw new BayLingError("safetensors-invalid", {
      source: source.name,
      problem: "this is not a safetensors file",
      expected: `the length of a header of at most ${mostHeaderBytes} bytes, and "{"`,
      received,
      remedy,
    });
  }
  const dataStart = lengthBytes + Number(length);
  if (dataStart > source.size) throw truncated(source, dataStart);
  const bytes = await source.read(lengthBytes, Number(length), options);
  const tensors: CheckpointTensor[] = [];
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(parseHeader(bytes, source.name))) {
    if (name !== "__metadata__") tensors.push(readTensor(name, value, dataStart, source.name));
    else readNotes(value, metadata, source.name);
  }
  checkRanges(tensors, dataStart, source);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array, source: string): Readonly<Record<string, unknown>> {
  const colons = countColons(bytes, source);
  let root: unknown;
  try {
    root = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new BayLingError("safetensors-invalid", { source, problem: "the header is not JSON", cause });
  }
  // It begins with a brace, so it is an object.
  const header = root as Record<string, unknown>;
  const fields = Object.values(header).map((value) => (isObject(value) ? Object.keys(value).length : 0));
  const members = fields.reduce((sum, count) => sum + count, fields.length);
  if (members === colons) return header;
  // Hazard: JSON.parse keeps the last of two members of one name, so which tensor it is would depend on the reader.
  throw new BayLingError("safetensors-invalid", {
    source,
    problem: "the header says something twice, or more than the format knows",
    expected: `${members} names`,
    received: `${colons}`,
  });
}

/** Colons outside of strings: one for each member of an object. Deep nesting ends here, before it costs memory. */
function countColons(bytes: Uint8Array, source: string): number {
  let colons = 0;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const character = bytes[index]!;
    if (inString) {
      if (character === 0x5c) index++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x3a) colons++;
    else if (character === 0x7b || character === 0x5b) depth++;
    else if (character === 0x7d || character === 0x5d) depth--;
    if (depth > mostDepth) {
      throw new BayLingError("safetensors-invalid", {
        source,
        problem: "the header is nested deeper than the format knows",
        expected: `at most ${mostDepth} levels`,
      });
    }
  }
  return colons;
}

function readTensor(name: string, value: unknown, dataStart: number, source: string): CheckpointTensor {
  const invalid = (field: string, expected: string, received: unknown) =>
    new BayLingError("safetensors-invalid", {
      source,
      field: `${name}: ${field}`,
      problem: "the header makes no sense",
      expected,
      received: JSON.stringify(received) ?? "nothing",
    });
  if (!isObject(value)) throw invalid("tensor", "an object", value);
  const { dtype, shape, data_offsets: range } = value;
  if (typeof dtype !== "string") throw invalid("dtype", "a string", dtype);
  if (!isCounts(shape)) throw invalid("shape", "whole numbers from 0", shape);
  if (!isCounts(range) || range.length !== 2 || range[0]! > range[1]!) {
    throw invalid("data_offsets", "where the tensor begins and ends", range);
  }
  const [begin = 0, end = 0] = range;
  const byteLength = end - begin;
  const size = typeBytes.get(dtype);
  // An unknown type has an unknown size; nothing reads it.
  const needed = size === undefined ? byteLength : shape.reduce((product, count) => product * count, size);
  if (needed !== byteLength) throw invalid("data_offsets", `${needed} bytes for ${dtype} ${shape.join(" × ")}`, range);
  return { name, type: dtype, shape, byteLength, offset: dataStart + begin };
}

function readNotes(value: unknown, notes: Map<string, string>, source: string): void {
  const entries = isObject(value) ? Object.entries(value) : undefined;
  for (const [key, text] of entries ?? []) if (typeof text === "string") notes.set(key, text);
  if (entries !== undefined && notes.size === entries.length) return;
  throw new BayLingError("safetensors-invalid", {
    source,
    field: "__metadata__",
    problem: "the header makes no sense",
    expected: "an object of strings",
  });
}

/** Tensors follow each other without gaps or overlaps, to the end of the file. */
function checkRanges(tensors: readonly CheckpointTensor[], dataStart: number, source: ByteSource): void {
  let end = dataStart;
  // Empty ones before those that begin where they lie.
  for (const tensor of [...tensors].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)) {
    if (tensor.offset !== end) {
      throw new BayLingError("safetensors-invalid", {
        source: source.name,
        field: tensor.name,
        problem: "tensors have gaps between them or overlap",
        expected: `data_offsets from ${end - dataStart}`,
        received: String(tensor.offset - dataStart),
      });
    }
    end += tensor.byteLength;
  }
  if (end > source.size) throw truncated(source, end);
  if (end < source.size) {
    throw new BayLingError("safetensors-invalid", {
      source: source.name,
      problem: "the file goes on after its last tensor",
      expected: `${end} bytes`,
      received: `${source.size}`,
    });
  }
}

function truncated(source: ByteSource, expected: number): BayLingError {
  return new BayLingError("safetensors-truncated", {
    source: source.name,
    problem: "the file is cut short",
    expected: `${expected} bytes`,
    received: `${source.size}`,
    remedy: "Download it again",
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}
