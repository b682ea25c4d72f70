import { BayLingError } from "../errors.ts";
import { type GgufArray, type GgufEntry, type GgufNumberType, ggufValueBytes, ggufValueTypes } from "./gguf-value.ts";

const utf8: TextEncoder = new TextEncoder();

/** Smallest and largest value of the integer types. */
const ranges: Readonly<Partial<Record<string, readonly [number | bigint, number | bigint]>>> = {
  uint8: [0, 0xff],
  int8: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffffffff],
  int32: [-0x80000000, 0x7fffffff],
  uint64: [0n, 0xffffffffffffffffn],
  int64: [-0x8000000000000000n, 0x7fffffffffffffffn],
};

/** Little-endian bytes of a header that grows as it is written. */
export class GgufEncoder {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Makes room for `length` bytes and gives the place where they go. */
  #take(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    return at;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  padTo(alignment: number): void {
    this.#take((alignment - (this.#length % alignment)) % alignment);
  }

  ascii(text: string): void {
    this.#raw(utf8.encode(text));
  }

  uint32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  /** A 64-bit count, length or offset. */
  length(value: number): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  /** A key or the name of a tensor. */
  name(name: string): void {
    const bytes = utf8.encode(name);
    const wellFormed = !/\p{Surrogate}/u.test(name);
    if (bytes.length < 1 || bytes.length > 65_535 || !wellFormed) {
      throw new BayLingError("argument-invalid", {
        field: name.slice(0, 80),
        problem: "GGUF holds no such name",
        expected: "1 to 65535 bytes of well-formed text",
        received: wellFormed ? `${bytes.length} bytes` : "a lone surrogate",
      });
    }
    this.#string(bytes);
  }

  /** Type and value. `key` is for error messages. */
  entry(key: string, entry: GgufEntry): void {
    this.uint32(ggufValueTypes.indexOf(entry.type));
    if (entry.type === "string") this.#string(utf8.encode(entry.value));
    else if (entry.type === "array") this.#array(key, entry.value);
    else if (entry.type === "bool") this.#raw(new Uint8Array([entry.value ? 1 : 0]));
    else this.#number(key, entry.type, entry.value);
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }

  #string(bytes: Uint8Array): void {
    this.length(bytes.length);
    this.#raw(bytes);
  }

  #array(key: string, array: GgufArray): void {
    this.uint32(ggufValueTypes.indexOf(array.elementType));
    this.length(array.values.length);
    if (array.elementType === "array") {
      for (const [index, element] of array.values.entries()) this.#array(`${key}[${index}]`, element);
    } else if (array.elementType === "string") {
      for (let index = 0; index < array.values.length; index++) this.#string(array.values.bytesAt(index));
    } else {
      if (array.elementType === "bool" && array.values.some((value) => value > 1)) {
        throw new BayLingError("argument-invalid", {
          field: key,
          problem: "this is no array of bools",
          expected: "bytes of 0 or 1",
        });
      }
      // Any JavaScript engine of today is little-endian, as GGUF is.
      const { buffer, byteOffset, byteLength } = array.values;
      this.#raw(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }

  #number(key: string, type: GgufNumberType | "uint64" | "int64", value: number | bigint): void {
    const range = ranges[type];
    const whole = typeof value === "bigint" || Number.isInteger(value);
    const wide = type === "uint64" || type === "int64";
    if ((typeof value === "bigint") !== wide || (range && (!whole || value < range[0] || value > range[1]))) {
      throw new BayLingError("argument-invalid", {
        field: key,
        problem: `this is no ${type}`,
        expected: range ? `${wide ? "a bigint" : "a whole number"} from ${range[0]} to ${range[1]}` : "a number",
        received: String(value),
      });
    }
    const at = this.#take(ggufValueBytes[type]);
    const view = this.#view;
    if (type === "float32") view.setFloat32(at, Number(value), true);
    else if (type === "float64") view.setFloat64(at, Number(value), true);
    else if (type === "uint64" || type === "int64") view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
    else if (type === "uint32" || type === "int32") view.setUint32(at, Number(value), true);
    else if (type === "uint16" || type === "int16") view.setUint16(at, Number(value), true);
    else view.setUint8(at, Number(value));
  }
}
