import type { DecodeOptions, TokenDecoder, Tokenizer } from "../tokenizer/tokenizer.ts";

/** One generated token, with the text that it adds. */
export interface GeneratedToken {
  /** The characters that this token completes; may be empty, never half a character. */
  readonly text: string;
  readonly token: number;
  /** Natural logarithm of its probability, before temperature, penalties and hooks. Only when asked for. */
  readonly logprob?: number;
  /** The most probable tokens at this place, best first. Only when asked for. */
  readonly alternatives?: readonly TokenAlternative[];
}

export interface TokenAlternative {
  readonly token: number;
  /** The text of the token alone; bytes that are no character alone come as U+FFFD. */
  readonly text: string;
  readonly logprob: number;
}

interface HeldToken {
  readonly token: GeneratedToken;
  /** It is the beginning of a character that is not complete. */
  readonly incomplete: boolean;
}

/**
 * Turns tokens into text and finds stop strings in it. A token is held back while its text may be the beginning of a
 * stop string or of a character, so nothing has ever to be taken back.
 */
export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #decoder: TokenDecoder;
  readonly #stop: readonly string[];
  #held: HeldToken[] = [];
  #stopped = false;

  constructor(tokenizer: Tokenizer, stop: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#decoder = tokenizer.createDecoder();
    this.#stop = stop;
  }

  /** Whether a stop string has come; everything after it is ignored. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The tokens that are certain now. */
  push(token: Omit<GeneratedToken, "text">): GeneratedToken[] {
    const known = hasText(this.#tokenizer, token.token);
    const text = known ? this.#decoder.push(token.token) : "";
    // A control token has no text at all, and nothing that comes later completes it.
    const incomplete = text === "" && known && tokenText(this.#tokenizer, token.token) !== "";
    this.#held.push({ token: { ...token, text }, incomplete });
    return this.#release(false);
  }

  /** The rest, when no more tokens come. */
  finish(): GeneratedToken[] {
    const last = this.#held.at(-1);
    const rest = this.#decoder.flush();
    if (last !== undefined && !this.#stopped) {
      this.#held[this.#held.length - 1] = { ...last, token: { ...last.token, text: last.token.text + rest } };
    }
    return this.#release(true);
  }

  #release(everything: boolean): GeneratedToken[] {
    if (this.#stopped) return [];
    const text = this.#held.map(({ token }) => token.text).join("");
    const stop = findFirst(text, this.#stop);
    if (stop !== undefined) {
      this.#stopped = true;
      return cut(
        this.#held.map(({ token }) => token),
        stop,
      );
    }
    const safe = everything ? text.length : text.length - heldBack(text, this.#stop);
    let end = 0;
    let count = 0;
    for (const { token, incomplete } of this.#held) {
      end += token.text.length;
      // The first byte of a character goes out with the token that completes it.
      if (end > safe || (!everything && incomplete && end === text.length)) break;
      count++;
    }
    return this.#held.splice(0, count).map(({ token }) => token);
  }
}

/** The text of a token alone; bytes that are no character alone come as U+FFFD. */
export function tokenText(tokenizer: Tokenizer, token: number, options?: DecodeOptions): string {
  if (!hasText(tokenizer, token)) return "";
  const decoder = tokenizer.createDecoder(options);
  return decoder.push(token) + decoder.flush();
}

/** Files pad the embedding table with rows that no token has; a model can draw them all the same. */
function hasText(tokenizer: Tokenizer, token: number): boolean {
  return token < tokenizer.vocabularySize;
}

/**
 * Where the stop string begins that is complete first (of those that end together, the longest). It must not depend
 * on how the text is cut into tokens.
 */
function findFirst(text: string, stop: readonly string[]): number | undefined {
  let begin: number | undefined;
  let end = Infinity;
  for (const string of stop) {
    const place = text.indexOf(string);
    if (place < 0 || place + string.length > end || (place + string.length === end && place > begin!)) continue;
    begin = place;
    end = place + string.length;
  }
  return begin;
}

/** The length of the longest ending of `text` that begins a stop string. */
function heldBack(text: string, stop: readonly string[]): number {
  let longest = 0;
  for (const string of stop) {
    for (let length = Math.min(string.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(string.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/** The tokens before `end`, the last of them shortened to it. */
function cut(tokens: readonly GeneratedToken[], end: number): GeneratedToken[] {
  const kept: GeneratedToken[] = [];
  let start = 0;
  for (const token of tokens) {
    if (start >= end) break;
    kept.push({ ...token, text: token.text.slice(0, end - start) });
    start += token.text.length;
  }
  return kept;
}
