import { BayLingError } from "../errors.ts";
import type { GgufStringArray } from "./gguf-string-array.ts";
import { type GgufEntry, type GgufValue, ggufArrayValue } from "./gguf-value.ts";

export { GgufStringArray } from "./gguf-string-array.ts";
export type { GgufArray, GgufEntry, GgufNumberType, GgufValue, GgufValueType } from "./gguf-value.ts";

/**
 * The key-value pairs of a GGUF header. Typed getters give `undefined` for a key that is absent and throw
 * BayLingError `gguf-invalid`, naming file and key, for a value of another type; the `require…` ones throw for an
 * absent key as well.
 */
export class GgufMetadata implements Iterable<readonly [string, GgufEntry]> {
  /** The file that it was read from, for error messages. */
  readonly source: string;
  readonly #entries: ReadonlyMap<string, GgufEntry>;

  constructor(source: string, entries: ReadonlyMap<string, GgufEntry>) {
    this.source = source;
    this.#entries = entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The value of any type, in plain JavaScript. */
  get(key: string): GgufValue | undefined {
    const entry = this.#entries.get(key);
    return entry?.type === "array" ? ggufArrayValue(entry.value) : entry?.value;
  }

  /** The value with the type that the file gives it. */
  entry(key: string): GgufEntry | undefined {
    return this.#entries.get(key);
  }

  /** All pairs in the order of the file. */
  [Symbol.iterator](): Iterator<readonly [string, GgufEntry]> {
    return this.#entries.entries();
  }

  string(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.type === "string") return entry?.value;
    throw this.#wrongType(key, "a string", entry);
  }

  /** A value of any integer or float type. 64-bit integers beyond 2^53 are an error: no number holds them exactly. */
  number(key: string): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (typeof entry.value === "number") return entry.value;
    if (typeof entry.value !== "bigint") throw this.#wrongType(key, "a number", entry);
    return this.#safe(key, entry.value);
  }

  boolean(key: string): boolean | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.type === "bool") return entry?.value;
    throw this.#wrongType(key, "a bool", entry);
  }

  strings(key: string): GgufStringArray | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "array" && entry.value.elementType === "string") return entry.value.values;
    throw this.#wrongType(key, "an array of strings", entry);
  }

  /**
   * An array of any integer or float type: the file's own typed array, not to be written to; 64-bit integers as a
   * Float64Array, with an error for one beyond 2^53.
   */
  numbers(key: string): ArrayLike<number> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "array") {
      const array = entry.value;
      switch (array.elementType) {
        case "string":
        case "bool":
        case "array":
          break;
        case "uint64":
        case "int64": {
          const numbers = new Float64Array(array.values.length);
          for (let index = 0; index < numbers.length; index++) {
            numbers[index] = this.#safe(`${key}[${index}]`, array.values[index]!);
          }
          return numbers;
        }
        default:
          return array.values;
      }
    }
    throw this.#wrongType(key, "an array of numbers", entry);
  }

  booleans(key: string): readonly boolean[] | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "array" && entry.value.elementType === "bool") {
      return Array.from(entry.value.values, (value) => value !== 0);
    }
    throw this.#wrongType(key, "an array of bools", entry);
  }

  requireString(key: string): string {
    return this.string(key) ?? this.#missing(key, "a string");
  }

  requireNumber(key: string): number {
    return this.number(key) ?? this.#missing(key, "a number");
  }

  requireBoolean(key: string): boolean {
    return this.boolean(key) ?? this.#missing(key, "a bool");
  }

  requireStrings(key: string): GgufStringArray {
    return this.strings(key) ?? this.#missing(key, "an array of strings");
  }

  requireNumbers(key: string): ArrayLike<number> {
    return this.numbers(key) ?? this.#missing(key, "an array of numbers");
  }

  requireBooleans(key: string): readonly boolean[] {
    return this.booleans(key) ?? this.#missing(key, "an array of bools");
  }

  #safe(key: string, value: bigint): number {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new BayLingError("gguf-invalid", {
      source: this.source,
      field: key,
      problem: "the number is too large to be exact",
      expected: "an integer within ±(2^53 - 1)",
      received: String(value),
    });
  }

  #wrongType(key: string, expected: string, entry: GgufEntry): BayLingError {
    return new BayLingError("gguf-invalid", {
      source: this.source,
      field: key,
      problem: "the metadata value has the wrong type",
      expected,
      received: describeEntry(entry),
    });
  }

  #missing(key: string, expected: string): never {
    throw new BayLingError("gguf-invalid", {
      source: this.source,
      field: key,
      problem: "the metadata key is missing",
      expected,
      received: "nothing",
    });
  }
}

function describeEntry(entry: GgufEntry): string {
  if (entry.type === "array") return `an array of ${entry.value.values.length} × ${entry.value.elementType}`;
  if (entry.type !== "string") return `${entry.type} ${entry.value}`;
  return `string ${JSON.stringify(entry.value.length > 40 ? `${entry.value.slice(0, 40)}…` : entry.value)}`;
}
