import { BayLingError } from "../errors.ts";
import { MAXIMUM_RANKS } from "./merge-queue.ts";
import { MergeTable } from "./merge-table.ts";
import { TokenType } from "./token-type.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * The merges that a SentencePiece BPE vocabulary implies: two neighbours merge when together they spell a token, and
 * the token with the highest score first. Tokens that text may not become (control, unknown, byte) take no part.
 *
 * Characters that have no token of their own but are part of one are appended to `vocabulary.strings` as symbols with
 * ids from the vocabulary's size on.
 * @throws BayLingError `tokenizer-invalid` when a score is no number
 */
export function mergesOfScores(
  vocabulary: Vocabulary,
  scores: ArrayLike<number>,
  source: string,
  field: string,
): MergeTable {
  const { strings, size } = vocabulary;
  const ranks = ranksOfScores(scores, source, field);
  const lefts: number[] = [];
  const rights: number[] = [];
  const results: number[] = [];
  for (let id = 0; id < size; id++) {
    if (!takesPart(vocabulary, id)) continue;
    const bytes = strings.bytesAt(id);
    for (let cut = characterEnd(bytes, 0); cut < bytes.length; cut = characterEnd(bytes, cut)) {
      const left = findSymbol(vocabulary, bytes, 0, cut);
      if (left < 0) continue;
      const right = findSymbol(vocabulary, bytes, cut, bytes.length);
      if (right < 0) continue;
      lefts.push(left);
      rights.push(right);
      results.push(id);
    }
  }
  const merges = new MergeTable(results.length);
  for (const [index, id] of results.entries()) merges.add(lefts[index]!, rights[index]!, ranks[id]!, id);
  return merges;
}

/** Whether every token keeps its spaces in front, so that text may be cut before each space that follows a word. */
export function keepsSpacesInFront(vocabulary: Vocabulary): boolean {
  const { strings, size } = vocabulary;
  for (let id = 0; id < size; id++) {
    const bytes = strings.bytesAt(id);
    for (let index = bytes.length - 1; index > 0; index--) {
      if (bytes[index] === 0x20 && bytes[index - 1] !== 0x20 && takesPart(vocabulary, id)) return false;
    }
  }
  return true;
}

function takesPart({ types, strings }: Vocabulary, id: number): boolean {
  const type = types[id];
  if (type === TokenType.control || type === TokenType.unknown || type === TokenType.byte) return false;
  const bytes = strings.bytesAt(id);
  return strings.find(bytes, 0, bytes.length) === id;
}

function findSymbol(vocabulary: Vocabulary, bytes: Uint8Array, start: number, end: number): number {
  const { strings } = vocabulary;
  const id = strings.find(bytes, start, end);
  if (id >= 0 || characterEnd(bytes, start) < end) return id;
  const symbol = strings.add(bytes, start, end);
  strings.index(symbol);
  return symbol;
}

function characterEnd(bytes: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end++;
  return end;
}

/** 0 for the highest score, 1 for the next … */
function ranksOfScores(scores: ArrayLike<number>, source: string, field: string): Int32Array {
  const ranks = new Int32Array(scores.length);
  const highestFirst = Float64Array.from(scores, (score) => -score).sort();
  const broken = Array.prototype.findIndex.call(scores, (score: number) => Number.isNaN(score));
  if (broken >= 0 || scores.length > MAXIMUM_RANKS) {
    throw new BayLingError("tokenizer-invalid", {
      source,
      field: broken >= 0 ? `${field}[${broken}]` : field,
      problem: broken >= 0 ? "the score is not a number" : "the vocabulary is too large",
      expected: broken >= 0 ? "a number" : `${MAXIMUM_RANKS} tokens at most`,
      received: broken >= 0 ? "NaN" : String(scores.length),
    });
  }
  let distinct = 0;
  for (let index = 0; index < highestFirst.length; index++) {
    if (index === 0 || highestFirst[index] !== highestFirst[distinct - 1])
      highestFirst[distinct++] = highestFirst[index]!;
  }
  for (let id = 0; id < ranks.length; id++) {
    let low = 0;
    for (let high = distinct - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if (highestFirst[middle]! < -scores[id]!) low = middle + 1;
      else high = middle;
    }
    ranks[id] = low;
  }
  return ranks;
}
