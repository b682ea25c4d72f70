import { BayLingError } from "../errors.ts";

/** Invalid UTF-8 comes out as U+FFFD; a byte order mark is text like any other. */
const decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * An array of strings that stay bytes until asked for: a vocabulary of 128,000 tokens is one block of bytes and one of
 * offsets, not 128,000 objects.
 */
export class GgufStringArray implements Iterable<string> {
  readonly length: number;
  /** What {@link startAt} and {@link endAt} point into; not to be written to. */
  readonly bytes: Uint8Array;
  /** String i lies at starts[i] … starts[i + 1] - gap: in a file, 8 bytes of length stand before each string. */
  readonly #starts: Uint32Array;
  readonly #gap: number;

  /**
   * @param bytes the strings, each preceded by `gap` bytes of something else
   * @param starts where each string begins, and one more entry: where another one would begin
   */
  constructor(bytes: Uint8Array, starts: Uint32Array, gap: number) {
    this.length = starts.length - 1;
    this.bytes = bytes;
    this.#starts = starts;
    this.#gap = gap;
  }

  static from(strings: Iterable<string>): GgufStringArray {
    const encoder = new TextEncoder();
    const parts = Array.from(strings, (text) => encoder.encode(text));
    const starts = new Uint32Array(parts.length + 1);
    for (const [index, part] of parts.entries()) starts[index + 1] = starts[index]! + part.length;
    const bytes = new Uint8Array(starts[parts.length]!);
    for (const [index, part] of parts.entries()) bytes.set(part, starts[index]!);
    return new GgufStringArray(bytes, starts, 0);
  }

  /** The string at `index`. @throws BayLingError `argument-invalid` when there is none */
  at(index: number): string {
    return decoder.decode(this.bytesAt(index));
  }

  /** The bytes of the string at `index`: a view that must not be written to. */
  bytesAt(index: number): Uint8Array {
    const start = this.#starts[index];
    const next = this.#starts[index + 1];
    if (start === undefined || next === undefined) {
      throw new BayLingError("argument-invalid", {
        field: "index",
        problem: "the array has no such entry",
        expected: `0 to ${this.length - 1}`,
        received: String(index),
      });
    }
    return this.bytes.subarray(start, next - this.#gap);
  }

  /** Where the string at `index`, which must exist, begins in {@link bytes}: for loops that cannot afford a view each. */
  startAt(index: number): number {
    return this.#starts[index]!;
  }

  /** Where the string at `index`, which must exist, ends in {@link bytes}. */
  endAt(index: number): number {
    return this.#starts[index + 1]! - this.#gap;
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}
