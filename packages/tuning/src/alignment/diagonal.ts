/** Share of words that stand for no word of the other side. */
export const nullShare = 0.08;

/**
 * How probable it is, before any word is seen, that a place of one sentence goes with a place of the other: the nearer
 * to the diagonal, the more. (Dyer, Chahuneau and Smith 2013, "A Simple, Fast, and Effective Reparameterization of IBM
 * Model 2".) `tension` 0 is IBM model 1.
 */
export class Diagonal {
  readonly tension: number;
  readonly #tables = new Map<number, Float64Array>();

  constructor(tension: number) {
    this.tension = tension;
  }

  /** Probabilities by `[right place * left length + left place]`; each row sums to 1 without the empty word. */
  table(leftLength: number, rightLength: number): Float64Array {
    const key = leftLength * 65_536 + rightLength;
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = diagonalTable(leftLength, rightLength, this.tension);
      if (this.#tables.size < 4096) this.#tables.set(key, table);
    }
    return table;
  }
}

function diagonalTable(leftLength: number, rightLength: number, tension: number): Float64Array {
  const table = new Float64Array(leftLength * rightLength);
  for (let right = 0; right < rightLength; right++) {
    let sum = 0;
    for (let left = 0; left < leftLength; left++) {
      const value = Math.exp(-tension * distance(left, right, leftLength, rightLength));
      table[right * leftLength + left] = value;
      sum += value;
    }
    for (let left = 0; left < leftLength; left++) table[right * leftLength + left]! /= sum;
  }
  return table;
}

/** From 0 on the diagonal to nearly 1 in the corners. */
export function distance(left: number, right: number, leftLength: number, rightLength: number): number {
  return Math.abs((left + 1) / leftLength - (right + 1) / rightLength);
}
