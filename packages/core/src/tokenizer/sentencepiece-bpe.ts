import { BayLingError } from "../errors.ts";
import { checkRankCount, MergeRanks } from "./merge-ranks.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * The merges that a SentencePiece BPE vocabulary implies: two neighbours merge when together they spell a token, and
 * the token with the highest score first, whatever its parts are.
 * @param scores one for each token
 * @throws BayLingError `tokenizer-invalid` when a score is no number
 */
export function ranksOfScores(scores: ArrayLike<number>, source: string, field: string): MergeRanks {
  checkRankCount(scores.length, source, field);
  const ranks = new Int32Array(scores.length);
  // Vocabularies are written in the order of their scores, as a rule.
  let falling = true;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id]!;
    if (Number.isNaN(score)) {
      throw new BayLingError("tokenizer-invalid", {
        source,
        field: `${field}[${id}]`,
        problem: "the score is not a number",
        expected: "a number",
        received: "NaN",
      });
    }
    if (id === 0) continue;
    const before = scores[id - 1]!;
    if (score > before) falling = false;
    ranks[id] = ranks[id - 1]! + (score === before ? 0 : 1);
  }
  return MergeRanks.ofTokens(falling ? ranks : sortedRanks(scores));
}

/** 0 for the highest score, 1 for the next … */
function sortedRanks(scores: ArrayLike<number>): Int32Array {
  const order = Array.from(scores, (_, id) => id).sort((a, b) => scores[b]! - scores[a]!);
  const ranks = new Int32Array(scores.length);
  let rank = 0;
  for (let index = 1; index < order.length; index++) {
    const id = order[index]!;
    if (scores[id] !== scores[order[index - 1]!]) rank++;
    ranks[id] = rank;
  }
  return ranks;
}

/** Whether every token keeps its spaces in front, so that text may be cut before each space that follows a word. */
export function keepsSpacesInFront({ strings, size }: Vocabulary): boolean {
  for (let id = 0; id < size; id++) {
    const bytes = strings.bytesAt(id);
    for (let index = bytes.length - 1; index > 0; index--) {
      const inner = bytes[index] === 0x20 && bytes[index - 1] !== 0x20;
      if (inner && strings.find(bytes, 0, bytes.length) === id) return false;
    }
  }
  return true;
}
