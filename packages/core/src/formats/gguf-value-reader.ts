import { BayLingError } from "../errors.ts";
import type { GgufCursor } from "./gguf-cursor.ts";
import { GgufStringArray } from "./gguf-string-array.ts";
import {
  type GgufArray,
  type GgufEntry,
  type GgufNumberType,
  type GgufValueType,
  ggufValueBytes,
  ggufValueTypes,
} from "./gguf-value.ts";

/** An array in an array in an array in an array: beyond that a file means harm. */
const deepestArray = 4;
/** Every nested array is an object, which takes far more memory than its 12 bytes in the file. */
const mostNestedArrays = 65_536;

const strict: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Keys and names: longer ones are not valid GGUF. */
const longestName = 65_535;

/** A key or tensor name: valid UTF-8 of 1 to 65,535 bytes. */
export async function readName(cursor: GgufCursor, field: string): Promise<string> {
  const pending = cursor.need(8, field);
  if (pending) await pending;
  const length = cursor.length(field);
  if (length === 0 || length > longestName) {
    throw new BayLingError("gguf-invalid", {
      source: cursor.source.name,
      field,
      problem: "a name of this length is not valid",
      expected: `1 to ${longestName} bytes`,
      received: `${length}`,
    });
  }
  const rest = cursor.need(length, field);
  if (rest) await rest;
  const bytes = cursor.view(length);
  try {
    return strict.decode(bytes);
  } catch (cause) {
    throw new BayLingError("gguf-invalid", {
      source: cursor.source.name,
      field,
      problem: "the name is not valid UTF-8",
      received: JSON.stringify(lenient.decode(bytes.subarray(0, 80))),
      cause,
    });
  }
}

/** Reads the values of one header. */
export class GgufValueReader {
  readonly #cursor: GgufCursor;
  #nestedArrays = 0;

  constructor(cursor: GgufCursor) {
    this.#cursor = cursor;
  }

  /** A value with the type that stands before it. `key` is for error messages. */
  async readEntry(key: string): Promise<GgufEntry> {
    const cursor = this.#cursor;
    const type = await this.#readType(key);
    if (type === "array") return { type, value: await this.#readArray(key, 1) };
    if (type === "string") return { type, value: await this.#readString(key) };
    const pending = cursor.need(ggufValueBytes[type], key);
    if (pending) await pending;
    if (type === "bool") return { type, value: this.#bool(key, cursor.uint8()) };
    if (type === "uint64") return { type, value: cursor.uint64() };
    if (type === "int64") return { type, value: cursor.int64() };
    return { type, value: readNumber(cursor, type) };
  }

  async #readType(key: string): Promise<GgufValueType> {
    const pending = this.#cursor.need(4, key);
    if (pending) await pending;
    const id = this.#cursor.uint32();
    const type = ggufValueTypes[id];
    if (type !== undefined) return type;
    throw new BayLingError("gguf-invalid", {
      source: this.#cursor.source.name,
      field: key,
      problem: "unknown metadata value type",
      expected: `0 to ${ggufValueTypes.length - 1}`,
      received: String(id),
    });
  }

  async #readString(key: string): Promise<string> {
    const cursor = this.#cursor;
    const pending = cursor.need(8, key);
    if (pending) await pending;
    const length = cursor.length(key);
    const rest = cursor.need(length, key);
    if (rest) await rest;
    return lenient.decode(cursor.view(length));
  }

  #bool(key: string, byte: number): boolean {
    if (byte <= 1) return byte === 1;
    throw new BayLingError("gguf-invalid", {
      source: this.#cursor.source.name,
      field: key,
      problem: "this is not a bool",
      expected: "0 or 1",
      received: String(byte),
    });
  }

  async #readArray(key: string, depth: number): Promise<GgufArray> {
    const cursor = this.#cursor;
    const elementType = await this.#readType(key);
    const pending = cursor.need(8, key);
    if (pending) await pending;
    const count = cursor.length(key);
    // Checked against what the file has left before anything is allocated for it.
    const smallest = elementType === "string" ? 8 : elementType === "array" ? 12 : ggufValueBytes[elementType];
    if (count > Math.floor(cursor.remaining / smallest)) throw cursor.truncated(key, count * smallest);
    if (elementType === "string") return { elementType, values: await this.#readStrings(key, count) };
    if (elementType === "array") return { elementType, values: await this.#readArrays(key, count, depth) };

    const rest = cursor.need(count * smallest, key);
    if (rest) await rest;
    const bytes = cursor.copy(count * smallest);
    if (elementType === "bool") {
      for (let index = 0; index < count; index++) {
        if (bytes[index]! > 1) this.#bool(`${key}[${index}]`, bytes[index]!);
      }
    }
    return typedArray(elementType, bytes.buffer);
  }

  async #readArrays(key: string, count: number, depth: number): Promise<GgufArray[]> {
    this.#nestedArrays += count;
    if (depth >= deepestArray || this.#nestedArrays > mostNestedArrays) {
      throw new BayLingError("gguf-invalid", {
        source: this.#cursor.source.name,
        field: key,
        problem: "too many arrays within arrays",
        expected: `at most ${mostNestedArrays} of them, ${deepestArray} deep`,
        received: depth >= deepestArray ? `${depth + 1} deep` : `${this.#nestedArrays}`,
      });
    }
    const values: GgufArray[] = [];
    for (let index = 0; index < count; index++) values.push(await this.#readArray(`${key}[${index}]`, depth + 1));
    return values;
  }

  /** Finds where each string begins, going on where it stopped when more bytes have come. */
  async #readStrings(key: string, count: number): Promise<GgufStringArray> {
    const cursor = this.#cursor;
    const first = cursor.need(8 * count, key); // Before the allocation: it knows the limits.
    if (first) await first;
    const starts = new Uint32Array(count + 1);
    let index = 0;
    let scanned = 0; // bytes after the cursor's position, where the length of string `index` stands
    while (index < count) {
      const needed = scanned + 8 * (count - index);
      const likely = index === 0 ? 0 : Math.ceil((scanned / index) * count);
      const pending = cursor.need(needed, key, likely);
      if (pending) await pending;
      const { bytes, view, position } = cursor.window;
      const available = bytes.length - position;
      const remaining = cursor.remaining;
      while (index < count && scanned + 8 <= available) {
        const at = position + scanned;
        const length = view.getUint32(at, true);
        if (view.getUint32(at + 4, true) !== 0 || length > remaining - scanned - 8) {
          cursor.skip(scanned);
          const field = `${key}[${index}]`;
          throw cursor.truncated(field, cursor.length(field));
        }
        scanned += 8;
        starts[index++] = scanned;
        scanned += length;
      }
    }
    const pending = cursor.need(scanned, key);
    if (pending) await pending;
    starts[count] = scanned + 8;
    return new GgufStringArray(cursor.view(scanned), starts, 8);
  }
}

function readNumber(cursor: GgufCursor, type: GgufNumberType): number {
  switch (type) {
    case "uint8":
      return cursor.uint8();
    case "int8":
      return cursor.int8();
    case "uint16":
      return cursor.uint16();
    case "int16":
      return cursor.int16();
    case "uint32":
      return cursor.uint32();
    case "int32":
      return cursor.int32();
    case "float32":
      return cursor.float32();
    case "float64":
      return cursor.float64();
  }
}

/** The platform's byte order is taken for little-endian: no JavaScript engine runs on another any more. */
function typedArray(elementType: Exclude<GgufValueType, "string" | "array">, buffer: ArrayBuffer): GgufArray {
  switch (elementType) {
    case "uint8":
    case "bool":
      return { elementType, values: new Uint8Array(buffer) };
    case "int8":
      return { elementType, values: new Int8Array(buffer) };
    case "uint16":
      return { elementType, values: new Uint16Array(buffer) };
    case "int16":
      return { elementType, values: new Int16Array(buffer) };
    case "uint32":
      return { elementType, values: new Uint32Array(buffer) };
    case "int32":
      return { elementType, values: new Int32Array(buffer) };
    case "float32":
      return { elementType, values: new Float32Array(buffer) };
    case "float64":
      return { elementType, values: new Float64Array(buffer) };
    case "uint64":
      return { elementType, values: new BigUint64Array(buffer) };
    case "int64":
      return { elementType, values: new BigInt64Array(buffer) };
  }
}
