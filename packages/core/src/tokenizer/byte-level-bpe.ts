import { BayLingError } from "../errors.ts";
import type { GgufStringArray } from "../formats/gguf-string-array.ts";
import { unspellByte } from "./byte-alphabet.ts";
import { checkRankCount, MergeRanks } from "./merge-ranks.ts";
import { TokenType } from "./token-type.ts";
import type { Vocabulary } from "./vocabulary.ts";

const SPACE = 0x20;

/**
 * The merges of a byte-level vocabulary from lines such as `Ġt he`, the earlier the sooner; of two equal lines the
 * first counts.
 * @throws BayLingError `tokenizer-invalid` for a line that is no pair, or whose parts together are no token
 */
export function ranksOfLines(
  vocabulary: Vocabulary,
  lines: GgufStringArray,
  source: string,
  field: string,
): MergeRanks {
  checkRankCount(lines.length, source, field);
  const ranks = MergeRanks.ofMerges(vocabulary.size, lines.length);
  const reader = new MergeReader(vocabulary);
  for (let rank = 0; rank < lines.length; rank++) {
    const readable = reader.read(lines.bytes, lines.startAt(rank), lines.endAt(rank));
    if (readable) ranks.add(rank, reader.merged, reader.leftLength);
    else checkUnusable(vocabulary, lines.at(rank), rank, source, field);
  }
  return ranks;
}

/** A merge that makes a control token is left out, so that text stays text; any other names a token that is missing. */
function checkUnusable(vocabulary: Vocabulary, line: string, rank: number, source: string, field: string): void {
  const middle = line.indexOf(" ", 1);
  const merged = line.slice(0, middle) + line.slice(middle + 1);
  if (middle > 0 && vocabulary.find(merged) !== undefined) return;
  throw new BayLingError("tokenizer-invalid", {
    source,
    field: `${field}[${rank}]`,
    problem: "the merge makes a token that is not in the vocabulary",
    expected: "two spellings, with a space between, that together spell a token",
    received: JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line),
  });
}

/** Reads lines of merges. */
class MergeReader {
  leftLength = 0;
  merged = -1;
  readonly #vocabulary: Vocabulary;
  #bytes: Uint8Array = new Uint8Array(512);

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** Reads the line from `start` to `end`. @returns whether text may become the merged token */
  read(line: Uint8Array, start: number, end: number): boolean {
    if (end - start > this.#bytes.length) this.#bytes = new Uint8Array((end - start) * 2);
    const bytes = this.#bytes;
    let length = 0;
    this.leftLength = 0;
    for (let position = start; position < end; ) {
      let character = line[position++]!;
      if (character === SPACE && this.leftLength === 0 && length > 0) {
        this.leftLength = length;
        continue;
      }
      if (character >= 0x80) {
        if ((character & 0xe0) !== 0xc0) return false;
        character = ((character & 0x1f) << 6) | (line[position++]! & 0x3f);
      }
      const byte = unspellByte(character);
      if (byte < 0) return false;
      bytes[length++] = byte;
    }
    if (this.leftLength === 0 || this.leftLength === length) return false;
    // Tokens are numbered in the order of the merges that make them, mostly: a guess saves the search.
    if (this.#isNormal(this.merged, bytes, length)) return true;
    if (this.#isNormal(this.merged + 1, bytes, length)) this.merged++;
    else this.merged = this.#vocabulary.strings.find(bytes, 0, length);
    return this.merged >= 0;
  }

  #isNormal(id: number, bytes: Uint8Array, length: number): boolean {
    const { strings, types, size } = this.#vocabulary;
    return id >= 0 && id < size && types[id] === TokenType.normal && strings.equals(id, bytes, 0, length);
  }
}
