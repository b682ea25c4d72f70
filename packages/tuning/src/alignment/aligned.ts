import { Diagonal, nullShare } from "./diagonal.ts";
import type { TranslationTable } from "./translation-table.ts";

/** A lexical translation model of one direction. */
export interface Direction {
  readonly table: TranslationTable;
  /** Of its diagonal prior. */
  readonly tension: number;
}

/** What a word that was never seen with another one is given, and one that is spelt the same in both languages. */
const unseen = 1e-7;
const same = 0.5;

const diagonals = new Map<number, Diagonal>();

/** For each place on the right, the most probable place on the left, -1 for none. */
export function aligned(
  { table, tension }: Direction,
  left: readonly number[],
  right: readonly number[],
  isSame: (left: number, right: number) => boolean,
): Int32Array {
  let diagonal = diagonals.get(tension);
  if (diagonal === undefined) {
    diagonal = new Diagonal(tension);
    diagonals.set(tension, diagonal);
  }
  const prior = diagonal.table(left.length, right.length);
  return Int32Array.from(right, (word, column) => {
    let best = nullShare * Math.max(word === 0 ? 0 : table.probability(0, word), unseen);
    let found = -1;
    for (let row = 0; row < left.length; row++) {
      const known = word === 0 || left[row] === 0 ? 0 : table.probability(left[row]!, word);
      const probability = Math.max(known, isSame(row, column) ? same : unseen);
      const score = (1 - nullShare) * prior[column * left.length + row]! * probability;
      if (score > best) [best, found] = [score, row];
    }
    return found;
  });
}
