import { checkLength, checkOptions, describeValue, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { BpeModel, type BpeModelParts } from "./bpe-model.ts";
import { type OverlapRule, type SpecialToken, SpecialTokenSplitter, type TrustedRanges } from "./special-tokens.ts";
import { newUtf8Decoder, Utf8TokenDecoder } from "./token-decoder.ts";
import { TokenType } from "./token-type.ts";
import type { DecodeOptions, EncodeOptions, TextPart, TokenDecoder, Tokenizer } from "./tokenizer.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { WordBoundaries } from "./word-boundaries.ts";
import type { WordScanner } from "./word-scanners.ts";

/**
 * Where a space is put in front of text that has none there: nowhere; before each stretch of text between special
 * tokens, always or only if it does not begin with a space; or only at the very beginning, likewise.
 */
export type SpacePrefix = "none" | "always" | "unless-space" | "first-unless-space";

/** Ids that mean something to the program around the model. */
export interface NamedTokens {
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly unknown: number | undefined;
  readonly padding: number | undefined;
  readonly end: ReadonlySet<number>;
}

export interface BpeTokenizerParts {
  readonly kind: Tokenizer["kind"];
  /** What error messages call it. */
  readonly source: string;
  readonly vocabulary: Vocabulary;
  readonly model: Omit<BpeModelParts, "strings">;
  readonly scan: WordScanner;
  readonly specialTokens: readonly SpecialToken[];
  readonly overlaps: OverlapRule;
  readonly spacePrefix: SpacePrefix;
  /** Whether decoding takes the space that the prefix put there away again. */
  readonly stripsPrefix: boolean;
  /** What happens to text before anything else (Unicode normalisation). */
  readonly normalize: ((text: string) => string) | undefined;
  readonly named: NamedTokens;
  readonly addsBos: boolean;
}

/** What a token is to {@link BpeTokenizer.decode}. */
const TEXT = 0;
const HIDDEN = 1;
const SPECIAL_TEXT = 2;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A {@link Tokenizer} by byte-pair encoding, of either kind: special tokens, then words, then merges. */
export class BpeTokenizer implements Tokenizer {
  readonly kind: Tokenizer["kind"];
  readonly vocabularySize: number;
  readonly bosToken: number | undefined;
  readonly eosToken: number | undefined;
  readonly unknownToken: number | undefined;
  readonly paddingToken: number | undefined;
  readonly endTokens: ReadonlySet<number>;
  readonly addsBos: boolean;
  readonly #parts: BpeTokenizerParts;
  readonly #vocabulary: Vocabulary;
  readonly #model: BpeModel;
  readonly #splitter: SpecialTokenSplitter;
  readonly #roles: Uint8Array;
  readonly #ends: WordBoundaries = new WordBoundaries();
  readonly #encoder: TextEncoder = new TextEncoder();

  constructor(parts: BpeTokenizerParts) {
    const { vocabulary, named } = parts;
    this.kind = parts.kind;
    this.vocabularySize = vocabulary.size;
    this.bosToken = named.bos;
    this.eosToken = named.eos;
    this.unknownToken = named.unknown;
    this.paddingToken = named.padding;
    this.endTokens = named.end;
    this.addsBos = parts.addsBos;
    this.#parts = parts;
    this.#vocabulary = vocabulary;
    this.#model = new BpeModel({ ...parts.model, strings: vocabulary.strings });
    this.#splitter = new SpecialTokenSplitter(parts.specialTokens, parts.overlaps);
    this.#roles = new Uint8Array(vocabulary.size);
    for (const { id, text } of parts.specialTokens) {
      // Spelled with U+2581 it is what merging makes of spaces, not found in text as it is.
      if (!(parts.model.spaceSymbol && text.includes("\u2581"))) this.#roles[id] = SPECIAL_TEXT;
    }
    for (let id = 0; id < vocabulary.size; id++) {
      const type = vocabulary.types[id];
      if (type === TokenType.control || type === TokenType.unknown) this.#roles[id] = HIDDEN;
    }
  }

  encode(text: string | readonly TextPart[], options: EncodeOptions = {}): number[] {
    checkOptions(options);
    const output: number[] = [];
    if (options.addBos ?? this.addsBos) output.push(this.#requireBos());
    const { whole, trusted } = joinParts(text, options.parseSpecial ?? false);
    for (const { token, start, end } of this.#splitter.split(whole, trusted)) {
      if (token === undefined) this.#encodeText(whole.slice(start, end), start === 0, output);
      else output.push(token.id);
    }
    return output;
  }

  decode(tokens: ArrayLike<number>, options: DecodeOptions = {}): string {
    checkOptions(options);
    const count = checkLength("tokens", tokens);
    const chunks: Uint8Array[] = [];
    let length = 0;
    const { spacePrefix, stripsPrefix } = this.#parts;
    const onlyFirst = spacePrefix === "first-unless-space";
    let strips = stripsPrefix;
    for (let index = 0; index < count; index++) {
      const token = tokens[index]!;
      let bytes = this.#visibleBytes(token, options);
      const role = this.#roles[token];
      if (role === TEXT) {
        if (strips && bytes[0] === 0x20) bytes = bytes.subarray(1);
        strips = false;
      } else if (role === SPECIAL_TEXT || !onlyFirst) {
        strips = stripsPrefix && !onlyFirst;
      }
      chunks.push(bytes);
      length += bytes.length;
    }
    const whole = new Uint8Array(length);
    let offset = 0;
    for (const chunk of chunks) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    return newUtf8Decoder().decode(whole);
  }

  createDecoder(options: DecodeOptions = {}): TokenDecoder {
    checkOptions(options);
    return new Utf8TokenDecoder((token) => this.#visibleBytes(token, options));
  }

  tokenBytes(token: number): Uint8Array {
    this.#check(token);
    return this.#vocabulary.strings.bytesAt(token).slice();
  }

  tokenText(token: number): string {
    this.#check(token);
    return this.#vocabulary.spellings.at(token);
  }

  tokenId(text: string): number | undefined {
    if (typeof text !== "string") throw invalidArgument("text", "a string", text);
    return this.#vocabulary.find(text);
  }

  isControl(token: number): boolean {
    this.#check(token);
    return this.#vocabulary.types[token] === TokenType.control;
  }

  #encodeText(text: string, first: boolean, output: number[]): void {
    const { normalize, scan } = this.#parts;
    const normal = normalize === undefined ? text : normalize(text);
    const whole = this.#wantsPrefix(normal, first) ? ` ${normal}` : normal;
    const ends = this.#ends;
    ends.clear();
    scan(whole, 0, whole.length, ends);
    let start = 0;
    for (let index = 0; index < ends.length; index++) {
      const end = ends.at(index);
      this.#model.encodeWord(whole, start, end, output);
      start = end;
    }
  }

  #wantsPrefix(text: string, first: boolean): boolean {
    const { spacePrefix } = this.#parts;
    if (spacePrefix === "none" || text.length === 0) return false;
    if (spacePrefix === "always") return true;
    const spaced = text[0] === " " || (this.#parts.model.spaceSymbol && text[0] === "\u2581");
    return !spaced && (first || spacePrefix === "unless-space");
  }

  #visibleBytes(token: number, { special }: DecodeOptions): Uint8Array {
    this.#check(token);
    if (this.#roles[token] !== HIDDEN) return this.#vocabulary.strings.bytesAt(token);
    return special === true ? this.#encoder.encode(this.#vocabulary.spellings.at(token)) : NO_BYTES;
  }

  #requireBos(): number {
    if (this.bosToken !== undefined) return this.bosToken;
    throw new BayLingError("argument-invalid", {
      source: this.#parts.source,
      field: "addBos",
      problem: "the vocabulary has no beginning-of-sequence token",
      remedy: "Leave addBos out",
    });
  }

  #check(token: number): void {
    if (Number.isInteger(token) && token >= 0 && token < this.vocabularySize) return;
    throw new BayLingError("token-out-of-range", {
      source: this.#parts.source,
      problem: "there is no such token in the vocabulary",
      expected: `an integer from 0 to ${this.vocabularySize - 1}`,
      received: describeValue(token),
    });
  }
}

/** One text of all parts, and where in it special tokens may be. Neighbouring parts of the same trust become one. */
function joinParts(
  text: string | readonly TextPart[],
  parseSpecial: boolean,
): { whole: string; trusted: TrustedRanges } {
  if (typeof text === "string") return { whole: text, trusted: parseSpecial ? [[0, text.length]] : [] };
  if (!Array.isArray(text) || Array.from(text).some((part) => typeof part?.text !== "string")) {
    throw new BayLingError("argument-invalid", {
      field: "text",
      problem: "there is no text to encode",
      expected: "a string, or parts with a string `text` each",
      received: text === null ? "null" : Array.isArray(text) ? "an array of something else" : typeof text,
    });
  }
  let whole = "";
  const trusted: [number, number][] = [];
  for (const part of text) {
    const start = whole.length;
    whole += part.text;
    if (!part.parseSpecial || part.text === "") continue;
    const last = trusted.at(-1);
    if (last !== undefined && last[1] === start) last[1] = whole.length;
    else trusted.push([start, whole.length]);
  }
  return { whole, trusted };
}
