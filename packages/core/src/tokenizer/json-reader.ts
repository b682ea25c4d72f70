import { BayLingError } from "../errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads values of unknown type out of a parsed JSON file; a wrong type is an error that names the field. */
export class JsonReader {
  readonly source: string;
  readonly root: JsonObject;

  /** @throws BayLingError `tokenizer-invalid` */
  constructor(value: unknown, source: string) {
    this.source = source;
    this.root = this.object(value, "the file");
  }

  object(value: unknown, field: string): JsonObject {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
    throw this.invalid(field, "an object", value);
  }

  array(value: unknown, field: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.invalid(field, "an array", value);
  }

  string(value: unknown, field: string): string {
    if (typeof value === "string") return value;
    throw this.invalid(field, "a string", value);
  }

  /** A whole number from 0. */
  integer(value: unknown, field: string): number {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.invalid(field, "a whole number from 0", value);
  }

  invalid(field: string, expected: string, value: unknown): BayLingError {
    return new BayLingError("tokenizer-invalid", {
      source: this.source,
      field,
      problem: "the value is not what the format says",
      expected,
      received: describe(value),
    });
  }

  notSupported(field: string, what: unknown): BayLingError {
    return new BayLingError("tokenizer-not-supported", {
      source: this.source,
      field,
      problem: "this part of the tokenizer is not supported",
      received: typeof what === "string" ? shorten(what) : describe(what),
    });
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? shorten(JSON.stringify(value)) : String(value);
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
