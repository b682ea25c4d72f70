import { BayLingError } from "../errors.ts";
import type { GgufStringArray } from "../formats/gguf-string-array.ts";
import { unspellBytes } from "./byte-alphabet.ts";
import { MAXIMUM_RANKS } from "./merge-queue.ts";
import { MergeTable } from "./merge-table.ts";
import { TokenType } from "./token-type.ts";
import type { Vocabulary } from "./vocabulary.ts";

const SPACE = 0x20;

/**
 * The merges of a byte-level vocabulary from lines such as `Ġt he`, the earlier the sooner; of two equal lines the
 * first counts.
 * @throws BayLingError `tokenizer-invalid` for a line that is no pair of tokens, or whose tokens together are none
 */
export function mergesOfLines(
  vocabulary: Vocabulary,
  lines: GgufStringArray,
  source: string,
  field: string,
): MergeTable {
  checkMergeCount(lines.length, source, field);
  const merges = new MergeTable(lines.length);
  const finder = new MergeFinder(vocabulary);
  for (let rank = 0; rank < lines.length; rank++) {
    const line = lines.bytesAt(rank);
    // A spelling may begin with anything, so the first byte is not the separator.
    const middle = line.indexOf(SPACE, 1);
    if (middle >= 0 && finder.find(line, middle)) merges.add(finder.left, finder.right, rank, finder.merged);
    else checkUnusable(vocabulary, lines.at(rank), rank, source, field);
  }
  return merges;
}

/** A merge that makes a control token is left out, so that text stays text; any other names tokens that are missing. */
function checkUnusable(vocabulary: Vocabulary, line: string, rank: number, source: string, field: string): void {
  const middle = line.indexOf(" ", 1);
  const left = line.slice(0, middle);
  const right = line.slice(middle + 1);
  const known = [left, right, left + right].every((spelling) => vocabulary.find(spelling) !== undefined);
  if (middle < 0 || !known) throw badMerge(line, rank, source, field);
}

/** @throws BayLingError `tokenizer-invalid` */
export function checkMergeCount(count: number, source: string, field: string): void {
  if (count <= MAXIMUM_RANKS) return;
  throw new BayLingError("tokenizer-invalid", {
    source,
    field,
    problem: "there are too many merges",
    expected: `${MAXIMUM_RANKS} at most`,
    received: String(count),
  });
}

export function badMerge(merge: string, rank: number, source: string, field: string): BayLingError {
  return new BayLingError("tokenizer-invalid", {
    source,
    field: `${field}[${rank}]`,
    problem: "the merge names a token that is not in the vocabulary",
    expected: "two tokens that together spell a third",
    received: JSON.stringify(merge.length > 80 ? `${merge.slice(0, 80)}…` : merge),
  });
}

/** Looks up the three tokens of a merge. */
class MergeFinder {
  left = -1;
  right = -1;
  merged = -1;
  readonly #vocabulary: Vocabulary;
  #bytes: Uint8Array = new Uint8Array(512);

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** @returns whether text may become all three */
  find(line: Uint8Array, middle: number): boolean {
    if (line.length > this.#bytes.length) this.#bytes = new Uint8Array(line.length * 2);
    const bytes = this.#bytes;
    const { strings } = this.#vocabulary;
    const leftLength = unspellBytes(line, 0, middle, bytes, 0);
    const rightLength = leftLength < 0 ? -1 : unspellBytes(line, middle + 1, line.length, bytes, leftLength);
    if (rightLength <= 0) return false;
    const length = leftLength + rightLength;
    this.left = strings.find(bytes, 0, leftLength);
    this.right = strings.find(bytes, leftLength, length);
    if (this.left < 0 || this.right < 0) return false;
    if (this.#isNormal(this.merged + 1, bytes, length)) this.merged++;
    else if (!this.#isNormal(this.merged, bytes, length)) this.merged = strings.find(bytes, 0, length);
    return this.merged >= 0;
  }

  /** Tokens are numbered in the order of the merges that make them, mostly: a guess saves the search. */
  #isNormal(id: number, bytes: Uint8Array, length: number): boolean {
    const { strings, types, size } = this.#vocabulary;
    return id >= 0 && id < size && types[id] === TokenType.normal && strings.equals(id, bytes, 0, length);
  }
}
