import { Diagonal } from "./diagonal.ts";
import { LinkPosteriors } from "./link-posteriors.ts";
import type { TranslationTable } from "./translation-table.ts";

/** Places of a word on either side that say the same. */
export interface Link {
  readonly left: number;
  readonly right: number;
}

/** A lexical translation model of one direction. */
export interface Direction {
  readonly table: TranslationTable;
  /** Of its diagonal prior. */
  readonly tension: number;
}

/** What a word that was never seen with another one is given, and one that is spelt the same in both languages. */
const unseen = 1e-7;
const same = 0.5;
/** The least product of the posteriors of both directions. */
const leastAgreement = 0.16;

const diagonals = new Map<number, Diagonal>();

function diagonal(tension: number): Diagonal {
  let found = diagonals.get(tension);
  if (found === undefined) {
    found = new Diagonal(tension);
    diagonals.set(tension, found);
  }
  return found;
}

const posteriors = new LinkPosteriors();

/**
 * Links the words that both directions find to stand for each other: one with one, or with several where it stands for
 * all of them.
 * @param left ids of words, 0 for unknown ones
 */
export function alignWords(
  forward: Direction,
  backward: Direction,
  left: readonly number[],
  right: readonly number[],
  isSame: (left: number, right: number) => boolean,
): readonly Link[] {
  const [rows, columns] = [left.length, right.length];
  posteriors.begin(rows, columns);
  const probability = ({ table }: Direction, given: number, word: number) =>
    word === 0 ? unseen : Math.max(table.probability(given, word), unseen);
  for (let row = 0; row < rows; row++) {
    posteriors.emptyRows[row] = probability(backward, 0, left[row]!);
    for (let column = 0; column < columns; column++) {
      const place = row * columns + column;
      const [word, other] = [left[row]!, right[column]!];
      const isKnown = word !== 0 && other !== 0;
      const isAlike = isSame(row, column);
      posteriors.forward[place] = isAlike ? same : isKnown ? probability(forward, word, other) : unseen;
      posteriors.backward[place] = isAlike ? same : isKnown ? probability(backward, other, word) : unseen;
    }
  }
  for (let column = 0; column < columns; column++) {
    posteriors.emptyColumns[column] = probability(forward, 0, right[column]!);
  }
  posteriors.normalise(diagonal(forward.tension), diagonal(backward.tension));
  const links: Link[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (posteriors.agreement(row, column) >= leastAgreement) links.push({ left: row, right: column });
    }
  }
  return links;
}
