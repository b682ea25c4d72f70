import { type ByteStringTable, HASH_SEED } from "./byte-string-table.ts";
import { MergeQueue, POSITIONS } from "./merge-queue.ts";
import type { MergeTable } from "./merge-table.ts";
import { WordCache } from "./word-cache.ts";

/** What byte-pair encoding needs to know of a vocabulary. */
export interface BpeModelParts {
  /**
   * The bytes that each token stands for, by id; `find` gives the tokens that text may become. Ids from
   * `vocabularySize` on are symbols that only merge: characters that have no token of their own.
   */
  readonly strings: ByteStringTable;
  readonly vocabularySize: number;
  readonly merges: MergeTable;
  /** What a word is cut into first: bytes, or characters. */
  readonly symbols: "bytes" | "characters";
  /** The token that stands for each byte where nothing longer does, or -1. */
  readonly byteTokens: Int32Array;
  /** What a symbol without token or byte tokens becomes; nothing when undefined. */
  readonly unknownToken: number | undefined;
  /** One unknown token for neighbouring unknown symbols instead of one each. */
  readonly fuseUnknown: boolean;
  /** U+2581 means space (SentencePiece). */
  readonly spaceSymbol: boolean;
  /** A word that is a token as a whole is taken as it is, though no merges lead there (`ignore_merges`). */
  readonly wholeWords: boolean;
}

/** Below this many symbols, looking through all neighbours for the next merge beats keeping a queue. */
const SHORT = 48;

/** Scratch space beyond this is given back after the word that needed it. */
const SCRATCH_BYTES = 65_536;

const NO_RANK = 0x7fffffff;

/**
 * Byte-pair encoding (Sennrich et al. 2016): the lowest-ranked merge first, the leftmost among equals, until none is
 * left. Sequence of a word's length n: O(n log n).
 */
export class BpeModel {
  readonly #parts: BpeModelParts;
  readonly #cache: WordCache = new WordCache();
  #bytes: Uint8Array = new Uint8Array(1024);
  readonly #symbols: Int32Array = new Int32Array(SHORT);
  readonly #ranks: Int32Array = new Int32Array(SHORT);
  readonly #merged: Int32Array = new Int32Array(SHORT);
  /** Symbols of one ASCII character each, so that most characters need no search. */
  readonly #asciiSymbols: Int32Array;

  constructor(parts: BpeModelParts) {
    this.#parts = parts;
    this.#asciiSymbols = new Int32Array(128);
    for (let byte = 0; byte < 128; byte++) {
      this.#asciiSymbols[byte] = parts.strings.find(Uint8Array.of(byte), 0, 1);
    }
  }

  /** Appends the ids of a word, `text` from `start` to `end`, to `output`. */
  encodeWord(text: string, start: number, end: number, output: number[]): void {
    const needed = (end - start) * 3;
    if (needed > this.#bytes.length) this.#bytes = new Uint8Array(needed);
    const bytes = this.#bytes;
    const spaceSymbol = this.#parts.spaceSymbol;
    let length = 0;
    let hash = HASH_SEED;
    for (let position = start; position < end; position++) {
      let unit = text.charCodeAt(position);
      if (unit < 0x80) {
        bytes[length++] = unit;
        hash = Math.imul(hash ^ unit, 0x01000193);
        continue;
      }
      if (unit === 0x2581 && spaceSymbol) unit = 0x20;
      const from = length;
      length = writeCharacter(
        bytes,
        length,
        unit,
        unit >= 0xd800 && unit < 0xe000 ? text.codePointAt(position)! : unit,
      );
      if (length - from === 4) position++;
      for (let index = from; index < length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
    }
    if (this.#cache.copy(bytes, length, hash, output)) return;
    const before = output.length;
    this.#encodeBytes(bytes, length, hash, output);
    this.#cache.keep(bytes, length, hash, output, before);
    if (this.#bytes.length > SCRATCH_BYTES) this.#bytes = new Uint8Array(1024);
  }

  #encodeBytes(bytes: Uint8Array, length: number, hash: number, output: number[]): void {
    const { strings, vocabularySize, wholeWords } = this.#parts;
    if (wholeWords) {
      const token = strings.findHashed(bytes, 0, length, hash);
      if (token >= 0 && token < vocabularySize) {
        output.push(token);
        return;
      }
    }
    if (length <= SHORT) this.#mergeShort(bytes, length, output);
    else this.#mergeLong(bytes, length, output);
  }

  /** Writes the first symbols of a word into `symbols`. @returns how many */
  #cut(bytes: Uint8Array, length: number, symbols: Int32Array): number {
    const { byteTokens, strings } = this.#parts;
    if (this.#parts.symbols === "bytes") {
      for (let index = 0; index < length; index++) symbols[index] = byteTokens[bytes[index]!]!;
      return length;
    }
    let count = 0;
    for (let position = 0; position < length; ) {
      const byte = bytes[position]!;
      if (byte < 0x80) {
        symbols[count++] = this.#asciiSymbols[byte]!;
        position++;
      } else {
        const next = position + characterLength(byte);
        symbols[count++] = strings.find(bytes, position, next);
        position = next;
      }
    }
    return count;
  }

  #mergeShort(bytes: Uint8Array, length: number, output: number[]): void {
    const symbols = this.#symbols;
    const ranks = this.#ranks;
    const merged = this.#merged;
    let count = this.#cut(bytes, length, symbols);
    for (let index = 0; index + 1 < count; index++) this.#rankPair(index);
    while (count > 1) {
      let lowest = NO_RANK;
      let at = 0;
      for (let index = 0; index + 1 < count; index++) {
        if (ranks[index]! < lowest) {
          lowest = ranks[index]!;
          at = index;
        }
      }
      if (lowest === NO_RANK) break;
      symbols[at] = merged[at]!;
      count--;
      for (let index = at + 1; index < count; index++) {
        symbols[index] = symbols[index + 1]!;
        ranks[index] = ranks[index + 1]!;
        merged[index] = merged[index + 1]!;
      }
      if (at > 0) this.#rankPair(at - 1);
      if (at + 1 < count) this.#rankPair(at);
    }
    let position = 0;
    for (let index = 0; index < count; index++) position = this.#emit(symbols[index]!, bytes, position, output);
  }

  #rankPair(index: number): void {
    const left = this.#symbols[index]!;
    const right = this.#symbols[index + 1]!;
    const { merges } = this.#parts;
    const slot = left < 0 || right < 0 ? -1 : merges.find(left, right);
    this.#ranks[index] = slot < 0 ? NO_RANK : merges.rankAt(slot);
    if (slot >= 0) this.#merged[index] = merges.mergedAt(slot);
  }

  #mergeLong(bytes: Uint8Array, length: number, output: number[]): void {
    const { merges } = this.#parts;
    const symbols = new Int32Array(length);
    const count = this.#cut(bytes, length, symbols);
    // A symbol swallowed by its left neighbour keeps its place with rank NO_RANK.
    const ranks = new Int32Array(count).fill(NO_RANK);
    const next = new Int32Array(count);
    const previous = new Int32Array(count);
    const queue = new MergeQueue();
    const rankPair = (left: number): void => {
      const right = next[left]!;
      ranks[left] = NO_RANK;
      if (right >= count || symbols[left]! < 0 || symbols[right]! < 0) return;
      const slot = merges.find(symbols[left]!, symbols[right]!);
      if (slot < 0) return;
      ranks[left] = merges.rankAt(slot);
      queue.push(ranks[left]!, left);
    };
    for (let index = 0; index < count; index++) {
      next[index] = index + 1;
      previous[index] = index - 1;
    }
    for (let index = 0; index < count; index++) rankPair(index);
    while (queue.length > 0) {
      const key = queue.pop();
      const rank = Math.floor(key / POSITIONS);
      const left = key - rank * POSITIONS;
      // Queued before one of the two was merged elsewhere.
      if (ranks[left] !== rank) continue;
      const right = next[left]!;
      symbols[left] = merges.mergedAt(merges.find(symbols[left]!, symbols[right]!));
      ranks[right] = NO_RANK;
      next[left] = next[right]!;
      if (next[left]! < count) previous[next[left]!] = left;
      rankPair(left);
      if (previous[left]! >= 0) rankPair(previous[left]!);
    }
    let position = 0;
    for (let index = 0; index < count; index = next[index]!) {
      position = this.#emit(symbols[index]!, bytes, position, output);
    }
  }

  /** Appends a symbol that starts at `position` of the word. @returns where the next one starts */
  #emit(symbol: number, bytes: Uint8Array, position: number, output: number[]): number {
    const { strings, vocabularySize, byteTokens, unknownToken } = this.#parts;
    if (symbol >= 0 && symbol < vocabularySize) {
      output.push(symbol);
      return position + strings.byteLength(symbol);
    }
    const end = position + (this.#parts.symbols === "bytes" ? 1 : characterLength(bytes[position]!));
    const before = output.length;
    for (let index = position; index < end; index++) {
      const token = byteTokens[bytes[index]!]!;
      if (token < 0) {
        output.length = before;
        if (unknownToken !== undefined && !(this.#parts.fuseUnknown && output[before - 1] === unknownToken)) {
          output.push(unknownToken);
        }
        break;
      }
      output.push(token);
    }
    return end;
  }
}

function characterLength(firstByte: number): number {
  return firstByte < 0x80 ? 1 : firstByte < 0xe0 ? 2 : firstByte < 0xf0 ? 3 : 4;
}

/** UTF-8 of a code point; of U+FFFD for a lone surrogate. @returns the new length */
function writeCharacter(bytes: Uint8Array, length: number, unit: number, codePoint: number): number {
  let at = length;
  if (codePoint > 0xffff) {
    bytes[at++] = 0xf0 | (codePoint >> 18);
    bytes[at++] = 0x80 | ((codePoint >> 12) & 0x3f);
    bytes[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
    bytes[at++] = 0x80 | (codePoint & 0x3f);
    return at;
  }
  const character = unit >= 0xd800 && unit < 0xe000 ? 0xfffd : codePoint;
  if (character < 0x80) {
    bytes[at++] = character;
    return at;
  }
  if (character < 0x800) {
    bytes[at++] = 0xc0 | (character >> 6);
  } else {
    bytes[at++] = 0xe0 | (character >> 12);
    bytes[at++] = 0x80 | ((character >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (character & 0x3f);
  return at;
}
