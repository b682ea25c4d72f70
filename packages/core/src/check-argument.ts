import { BayLingError } from "./errors.ts";

/** What a value of any kind is, for an error message; never throws, never long. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `an array of ${value.length}` : "an object";
    default:
      return String(value);
  }
}

/** The error for an argument of the wrong type or out of range. */
export function invalidArgument(field: string, expected: string, received: unknown, source?: string): BayLingError {
  return new BayLingError("argument-invalid", {
    source,
    field,
    problem: "the argument has a value that it cannot have",
    expected,
    received: describeValue(received),
  });
}

/** @throws BayLingError `argument-invalid` for options that are no object, or hold a signal that is no `AbortSignal` */
export function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) throw invalidArgument("options", "an object", options);
  const { signal } = options as { readonly signal?: unknown };
  // Not `instanceof`: other realms have signals of their own.
  if (signal === undefined || typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted === "function") return;
  throw invalidArgument("signal", "an AbortSignal", signal);
}

/**
 * The length of what should be an array of token ids. Asked for before anything is allocated or waited for: a length
 * that is no number would pass every comparison.
 * @throws BayLingError `argument-invalid`
 */
export function checkLength(field: string, tokens: unknown): number {
  const length = typeof tokens === "object" && tokens !== null ? (tokens as { length?: unknown }).length : undefined;
  if (Number.isSafeInteger(length) && (length as number) >= 0) return length as number;
  throw invalidArgument(field, "an array of token ids", tokens);
}
