import { invalidArgument } from "../../check-argument.ts";
import { BayLingError } from "../../errors.ts";
import { newUtf8Decoder } from "../../tokenizer/token-decoder.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Constraint } from "./constraint.ts";
import { wellFormedText } from "./well-formed-text.ts";

/**
 * The text begins with these bytes, whatever tokens spell them: they may end within a token, so that the model
 * completes the word ("token healing"), and within a character.
 * @throws BayLingError `argument-invalid` for a prefix with which no well-formed text can begin
 */
export function keepPrefix(prefix: string | Uint8Array): Constraint<number> {
  const bytes = bytesOf(prefix);
  return {
    name: `keep prefix ${JSON.stringify(shortened(bytes))}`,
    begin: () => 0,
    step: (written, byte) => {
      if (written === bytes.length) return written;
      return bytes[written] === byte ? written + 1 : undefined;
    },
    mayEnd: (written) => written === bytes.length,
    key: (written) => written,
    bytesToEnd: (written) => bytes.length - written,
  };
}

export interface SplitPrefix {
  /** Tokens that can stand at the end of the prompt. */
  readonly tokens: readonly number[];
  /** The part of the prefix that they spell: `begun` of `GenerateOptions`. */
  readonly begun: Uint8Array;
  /** The bytes that are left to be written under `keepPrefix`. */
  readonly rest: Uint8Array;
}

export interface SplitPrefixOptions {
  /** The tokens may begin with one space that is not part of the prefix, as the first word of a text has it. */
  readonly leadingSpace?: boolean | undefined;
}

/** What is held back at the end: merges reach back that far, as a rule, where no space bounds them. */
const heldTokens = 4;
const heldBytes = 12;

/**
 * Splits a prefix into tokens that can be fed with the prompt, because no continuation would change them, and bytes that
 * are better written under `keepPrefix(prefix)`: the last word, which may go on. Feeding is only faster: the text begins
 * with the prefix in any case.
 *
 *     const { tokens, begun } = splitPrefix(model.tokenizer, prefix);
 *     model.generate([...prompt, ...tokens], { constraints: [keepPrefix(prefix)], begun });
 *
 * @throws BayLingError `argument-invalid` as {@link keepPrefix}
 */
export function splitPrefix(
  tokenizer: Tokenizer,
  prefix: string | Uint8Array,
  { leadingSpace = false }: SplitPrefixOptions = {},
): SplitPrefix {
  const bytes = bytesOf(prefix);
  const complete = completeLength(bytes);
  const text = newUtf8Decoder().decode(bytes.subarray(0, complete));
  const { tokens, ends } = encodeApart(tokenizer, text, bytes, leadingSpace);
  const limit = stableLength(text);
  let count = 0;
  while (count < tokens.length && isStable(ends, count, bytes.length, limit)) count++;
  // What is generated should not begin within a character.
  while (count > 0 && (bytes[ends[count - 1]!]! & 0xc0) === 0x80) count--;
  const end = count === 0 ? 0 : ends[count - 1]!;
  if (end <= 0) return { tokens: [], begun: new Uint8Array(0), rest: bytes };
  return { tokens: tokens.slice(0, count), begun: bytes.slice(0, end), rest: bytes.slice(end) };
}

/** Whether the token that comes to stand at `index` is far enough from the end of the prefix. */
function isStable(ends: readonly number[], index: number, length: number, limit: number): boolean {
  const end = ends[index]!;
  return end <= limit || (ends.length - index > heldTokens && length - end >= heldBytes);
}

/** The length in bytes of what comes before the last word and the space in front of it. */
function stableLength(text: string): number {
  let end = text.length;
  while (end > 0 && !/\s/u.test(text[end - 1]!)) end--;
  while (end > 0 && /\s/u.test(text[end - 1]!)) end--;
  return new TextEncoder().encode(text.slice(0, end)).length;
}

/**
 * The tokens of a text that follows other text, and where in `bytes` each ends; empty where the tokenizer changes the
 * text.
 */
function encodeApart(
  tokenizer: Tokenizer,
  text: string,
  bytes: Uint8Array,
  leadingSpace: boolean,
): { tokens: readonly number[]; ends: readonly number[] } {
  const nothing = { tokens: [], ends: [] };
  // Without it the line break keeps the tokenizer from putting a space in front of the text.
  const before = leadingSpace ? "" : "\n";
  const encoded = tokenizer.encode(before + text, { addBos: false });
  const whole = encoded.flatMap((token) => [...tokenizer.tokenBytes(token)]);
  const start = whole.length - completeLength(bytes);
  const added = String.fromCharCode(...whole.slice(0, Math.max(0, start)));
  if (start < 0 || !(leadingSpace ? ["", " "] : ["\n", " \n"]).includes(added)) return nothing;
  if (whole.slice(start).some((byte, index) => byte !== bytes[index])) return nothing;
  const tokens: number[] = [];
  const ends: number[] = [];
  let end = -start;
  for (const token of encoded) {
    const from = end;
    end += tokenizer.tokenBytes(token).length;
    if (end <= 0 && !leadingSpace) continue;
    if (from < 0 && !leadingSpace) return nothing;
    tokens.push(token);
    ends.push(end);
  }
  return { tokens, ends };
}

/** @throws BayLingError `argument-invalid` */
function bytesOf(prefix: string | Uint8Array): Uint8Array {
  if (typeof prefix !== "string" && !(prefix instanceof Uint8Array)) {
    throw invalidArgument("prefix", "a string or a Uint8Array", prefix);
  }
  if (typeof prefix === "string") {
    if (/\p{Surrogate}/u.test(prefix)) throw invalidArgument("prefix", "text without lone surrogates", prefix);
    return new TextEncoder().encode(prefix);
  }
  const wrong = firstWrong(prefix);
  if (wrong < 0) return prefix.slice();
  throw new BayLingError("argument-invalid", {
    field: "prefix",
    problem: "no text can begin with these bytes",
    expected: "UTF-8, which may end within a character",
    received: `the byte 0x${prefix[wrong]!.toString(16)} at ${wrong}`,
  });
}

/** Where the bytes are no UTF-8, or -1. */
function firstWrong(bytes: Uint8Array): number {
  let state: number | undefined = wellFormedText.begin();
  return bytes.findIndex((byte) => {
    state = wellFormedText.step(state!, byte);
    return state === undefined;
  });
}

/** How many of the bytes are whole characters. */
function completeLength(bytes: Uint8Array): number {
  let state = wellFormedText.begin();
  let complete = 0;
  bytes.forEach((byte, index) => {
    state = wellFormedText.step(state, byte)!;
    if (wellFormedText.mayEnd(state)) complete = index + 1;
  });
  return complete;
}

function shortened(bytes: Uint8Array): string {
  const text = newUtf8Decoder().decode(bytes);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
