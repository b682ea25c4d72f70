import { BayLingError } from "../errors.ts";
import type { GgufStringArray } from "../formats/gguf-string-array.ts";
import { unspellBytes } from "./byte-alphabet.ts";
import { ByteStringTable } from "./byte-string-table.ts";
import { TokenType } from "./token-type.ts";

/**
 * How tokens spell the bytes they stand for: in GPT-2's byte alphabet, as plain text, or as text with U+2581 for space.
 */
export type VocabularyAlphabet = "bytes" | "text" | "spaced-text";

const SPACE = 0x20;

/** The entries of a vocabulary: spelling, type, and the bytes each stands for. */
export class Vocabulary {
  readonly size: number;
  readonly spellings: GgufStringArray;
  /** One of {@link TokenType} each. */
  readonly types: Uint8Array;
  readonly alphabet: VocabularyAlphabet;
  /** By id the bytes of each token, none for control tokens; finds those that text may become by merging. */
  readonly strings: ByteStringTable;
  /** By spelling the tokens that `strings` does not find. */
  #others: Map<string, number> | undefined;
  readonly #otherIds: number[] = [];

  /**
   * @param field the field of `source` that errors name
   * @throws BayLingError `tokenizer-invalid` for an empty vocabulary and for two tokens of one spelling
   */
  constructor(
    spellings: GgufStringArray,
    types: Uint8Array,
    alphabet: VocabularyAlphabet,
    source: string,
    field: string,
  ) {
    this.size = spellings.length;
    this.spellings = spellings;
    this.types = types;
    this.alphabet = alphabet;
    this.strings = new ByteStringTable(spellings.length, spellings.length * 8);
    if (this.size === 0) {
      throw new BayLingError("tokenizer-invalid", { source, field, problem: "the vocabulary is empty" });
    }
    const userDefined: number[] = [];
    for (let id = 0; id < this.size; id++) {
      const type = types[id]!;
      if (!this.#add(id)) this.#otherIds.push(id);
      else if (type === TokenType.userDefined) userDefined.push(id);
      else if (this.strings.index(id) >= 0) this.#refuseRepeated(id, source, field);
    }
    for (const id of userDefined) if (this.strings.index(id) >= 0) this.#otherIds.push(id);
  }

  /** The id of a spelling. */
  find(spelling: string): number | undefined {
    if (this.#others === undefined) {
      this.#others = new Map();
      for (const id of this.#otherIds) this.#others.set(this.spellings.at(id), id);
    }
    const other = this.#others.get(spelling);
    if (other !== undefined) return other;
    const bytes = new TextEncoder().encode(spelling);
    const meant = new Uint8Array(bytes.length);
    const id = this.strings.find(meant, 0, meaningOf(bytes, 0, bytes.length, this.alphabet, meant, 0));
    return id >= 0 && id < this.size && this.spellings.at(id) === spelling ? id : undefined;
  }

  /** Adds the bytes of a token. @returns whether text may become the token */
  #add(id: number): boolean {
    const type = this.types[id]!;
    const { bytes } = this.spellings;
    const start = this.spellings.startAt(id);
    const end = this.spellings.endAt(id);
    if (type === TokenType.control || type === TokenType.unknown) {
      this.strings.append(0);
      return false;
    }
    if (type === TokenType.byte) {
      const byte = byteOfSpelling(this.spellings.bytesAt(id));
      if (byte === undefined) this.strings.add(bytes, start, end);
      else this.strings.add(Uint8Array.of(byte), 0, 1);
      return false;
    }
    const alphabet = type === TokenType.userDefined && this.alphabet === "bytes" ? "text" : this.alphabet;
    const target = this.strings.room(end - start);
    this.strings.append(meaningOf(bytes, start, end, alphabet, target, this.strings.end));
    // Spaces arrive as U+2581, so a token spelled with a real one is never reached.
    return end > start && !(alphabet === "spaced-text" && bytes.subarray(start, end).includes(SPACE));
  }

  #refuseRepeated(id: number, source: string, field: string): void {
    const spelling = this.spellings.at(id);
    const first = this.strings.find(this.strings.bytesAt(id), 0, this.strings.byteLength(id));
    // Two spellings may stand for the same bytes when one of them leaves the alphabet; the first is found.
    if (this.spellings.at(first) !== spelling) {
      this.#otherIds.push(id);
      return;
    }
    throw new BayLingError("tokenizer-invalid", {
      source,
      field: `${field}[${id}]`,
      problem: "two tokens have the same spelling",
      expected: "a spelling of its own for each token",
      received: `${JSON.stringify(spelling)}, as token ${first} has it`,
    });
  }
}

/** Writes the bytes that a spelling stands for to `target[offset]`. @returns how many */
function meaningOf(
  spelling: Uint8Array,
  start: number,
  end: number,
  alphabet: VocabularyAlphabet,
  target: Uint8Array,
  offset: number,
): number {
  if (alphabet === "bytes") {
    const length = unspellBytes(spelling, start, end, target, offset);
    if (length >= 0) return length;
    // Added words are not always spelled in the alphabet.
  }
  const spaced = alphabet === "spaced-text";
  let written = offset;
  for (let position = start; position < end; position++) {
    const byte = spelling[position]!;
    if (spaced && byte === 0xe2 && spelling[position + 1] === 0x96 && spelling[position + 2] === 0x81) {
      target[written++] = SPACE;
      position += 2;
    } else {
      target[written++] = byte;
    }
  }
  return written - offset;
}

/** The byte that a byte token, `<0x0A>`, stands for. */
export function byteOfSpelling(spelling: Uint8Array): number | undefined {
  if (spelling.length !== 6) return undefined;
  const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(String.fromCharCode(...spelling));
  return match === null ? undefined : Number.parseInt(match[1]!, 16);
}

/** The token of each byte, or -1: byte tokens if there are any, otherwise tokens of one byte that text may become. */
export function byteTokensOf(vocabulary: Vocabulary): Int32Array {
  const tokens = new Int32Array(256).fill(-1);
  if (vocabulary.alphabet === "bytes") {
    for (let byte = 0; byte < 256; byte++) tokens[byte] = vocabulary.strings.find(Uint8Array.of(byte), 0, 1);
    return tokens;
  }
  for (let id = 0; id < vocabulary.size; id++) {
    if (vocabulary.types[id] !== TokenType.byte) continue;
    const byte = byteOfSpelling(vocabulary.spellings.bytesAt(id));
    if (byte !== undefined) tokens[byte] = id;
  }
  return tokens;
}
