import { type ByteStringTable, HASH_SEED } from "./byte-string-table.ts";
import { MergeCache } from "./merge-cache.ts";
import { MergeQueue, POSITIONS } from "./merge-queue.ts";
import { type MergeRanks, NO_RANK } from "./merge-ranks.ts";
import { characterLength, writeCharacter } from "./utf8.ts";
import { WordCache } from "./word-cache.ts";

/** What byte-pair encoding needs to know of a vocabulary. */
export interface BpeModelParts {
  /** The bytes that each token stands for, by id; `find` gives the tokens that text may become. */
  readonly strings: ByteStringTable;
  readonly ranks: MergeRanks;
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

/**
 * Byte-pair encoding (Sennrich et al. 2016): the lowest-ranked merge first, the leftmost among equals, until none is
 * left. A word of n symbols takes O(n log n).
 */
export class BpeModel {
  readonly #parts: BpeModelParts;
  readonly #words: WordCache = new WordCache();
  readonly #merges: MergeCache = new MergeCache();
  /** The word as UTF-8. */
  #bytes: Uint8Array = new Uint8Array(1024);
  /** Of each symbol of a short word: its token or -1, where it starts, and what it makes with the next one, and when. */
  readonly #symbols: Int32Array = new Int32Array(SHORT);
  readonly #starts: Int32Array = new Int32Array(SHORT + 1);
  readonly #ranks: Int32Array = new Int32Array(SHORT);
  readonly #merged: Int32Array = new Int32Array(SHORT);
  /** Tokens of one ASCII character each, so that most characters need no search. */
  readonly #asciiTokens: Int32Array = new Int32Array(128);
  /** What {@link #findMerge} found besides the rank. */
  #foundToken = -1;

  constructor(parts: BpeModelParts) {
    this.#parts = parts;
    for (let byte = 0; byte < 128; byte++) {
      this.#asciiTokens[byte] = parts.strings.find(Uint8Array.of(byte), 0, 1);
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
      const surrogate = unit >= 0xd800 && unit < 0xe000;
      const from = length;
      length = writeCharacter(bytes, length, surrogate ? text.codePointAt(position)! : unit);
      if (length - from === 4) position++;
      for (let index = from; index < length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
    }
    if (this.#words.copy(bytes, length, hash, output)) return;
    const before = output.length;
    this.#encodeBytes(bytes, length, hash, output);
    this.#words.keep(bytes, length, hash, output, before);
    if (this.#bytes.length > SCRATCH_BYTES) this.#bytes = new Uint8Array(1024);
  }

  #encodeBytes(bytes: Uint8Array, length: number, hash: number, output: number[]): void {
    const { strings, wholeWords } = this.#parts;
    if (wholeWords) {
      const token = strings.findHashed(bytes, 0, length, hash);
      if (token >= 0) {
        output.push(token);
        return;
      }
    }
    if (length <= SHORT) this.#mergeShort(bytes, length, output);
    else this.#mergeLong(bytes, length, output);
  }

  /** Cuts a word into its first symbols; `starts` gets one more entry, the word's end. @returns how many */
  #cut(bytes: Uint8Array, length: number, symbols: Int32Array, starts: Int32Array): number {
    const { byteTokens, strings } = this.#parts;
    const wholeCharacters = this.#parts.symbols === "characters";
    let count = 0;
    for (let position = 0; position < length; count++) {
      const byte = bytes[position]!;
      starts[count] = position;
      if (!wholeCharacters) {
        symbols[count] = byteTokens[byte]!;
        position++;
      } else if (byte < 0x80) {
        symbols[count] = this.#asciiTokens[byte]!;
        position++;
      } else {
        const next = position + characterLength(byte);
        symbols[count] = strings.find(bytes, position, next);
        position = next;
      }
    }
    starts[count] = length;
    return count;
  }

  /** The rank at which two neighbours merge, and in `#foundToken` into what. */
  #findMerge(left: number, right: number, start: number, middle: number, end: number): number {
    // Characters without a token can still be part of one.
    if (left < 0 || right < 0) return this.#searchMerge(start, middle, end);
    const merges = this.#merges;
    const slot = merges.slotOf(left, right);
    if (merges.holds(slot, left, right)) {
      this.#foundToken = merges.mergedAt(slot);
      return merges.rankAt(slot);
    }
    const rank = this.#searchMerge(start, middle, end);
    merges.keep(slot, left, right, rank, this.#foundToken);
    return rank;
  }

  #searchMerge(start: number, middle: number, end: number): number {
    const { strings, ranks } = this.#parts;
    const token = strings.find(this.#bytes, start, end);
    this.#foundToken = token;
    return token < 0 ? NO_RANK : ranks.of(token, middle - start);
  }

  #mergeShort(bytes: Uint8Array, length: number, output: number[]): void {
    const symbols = this.#symbols;
    const starts = this.#starts;
    const ranks = this.#ranks;
    const merged = this.#merged;
    let count = this.#cut(bytes, length, symbols, starts);
    for (let index = 0; index + 1 < count; index++) this.#rankShort(index);
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
        starts[index] = starts[index + 1]!;
        ranks[index] = ranks[index + 1]!;
        merged[index] = merged[index + 1]!;
      }
      starts[count] = length;
      if (at > 0) this.#rankShort(at - 1);
      if (at + 1 < count) this.#rankShort(at);
    }
    for (let index = 0; index < count; index++) this.#emit(symbols[index]!, starts[index]!, starts[index + 1]!, output);
  }

  #rankShort(index: number): void {
    const symbols = this.#symbols;
    const starts = this.#starts;
    this.#ranks[index] = this.#findMerge(
      symbols[index]!,
      symbols[index + 1]!,
      starts[index]!,
      starts[index + 1]!,
      starts[index + 2]!,
    );
    this.#merged[index] = this.#foundToken;
  }

  #mergeLong(bytes: Uint8Array, length: number, output: number[]): void {
    const symbols = new Int32Array(length);
    const starts = new Int32Array(length + 1);
    const count = this.#cut(bytes, length, symbols, starts);
    // A symbol that its left neighbour swallowed keeps its place, with NO_RANK.
    const ranks = new Int32Array(count).fill(NO_RANK);
    const merged = new Int32Array(count);
    const next = new Int32Array(count + 1).fill(count);
    const previous = new Int32Array(count + 1);
    const queue = new MergeQueue();
    const rank = (left: number): void => {
      const right = next[left]!;
      ranks[left] = NO_RANK;
      if (right >= count) return;
      ranks[left] = this.#findMerge(
        symbols[left]!,
        symbols[right]!,
        starts[left]!,
        starts[right]!,
        starts[next[right]!]!,
      );
      merged[left] = this.#foundToken;
      if (ranks[left] !== NO_RANK) queue.push(ranks[left]!, left);
    };
    for (let index = 0; index < count; index++) {
      next[index] = index + 1;
      previous[index] = index - 1;
    }
    for (let index = 0; index < count; index++) rank(index);
    while (queue.length > 0) {
      const key = queue.pop();
      const lowest = Math.floor(key / POSITIONS);
      const left = key - lowest * POSITIONS;
      // Queued before one of the two was merged elsewhere.
      if (ranks[left] !== lowest) continue;
      const right = next[left]!;
      symbols[left] = merged[left]!;
      ranks[right] = NO_RANK;
      next[left] = next[right]!;
      previous[next[left]!] = left;
      rank(left);
      if (previous[left]! >= 0) rank(previous[left]!);
    }
    for (let index = 0; index < count; index = next[index]!) {
      this.#emit(symbols[index]!, starts[index]!, starts[next[index]!]!, output);
    }
  }

  /** Appends what a symbol of the word, from `start` to `end`, has become. */
  #emit(symbol: number, start: number, end: number, output: number[]): void {
    if (symbol >= 0) {
      output.push(symbol);
      return;
    }
    const { byteTokens, unknownToken, fuseUnknown } = this.#parts;
    const before = output.length;
    for (let index = start; index < end; index++) {
      const token = byteTokens[this.#bytes[index]!]!;
      if (token >= 0) {
        output.push(token);
        continue;
      }
      output.length = before;
      if (unknownToken !== undefined && !(fuseUnknown && output[before - 1] === unknownToken))
        output.push(unknownToken);
      return;
    }
  }
}
