/** t(right | left) of a lexical translation model, row by row, with binary search in a row. Row 0 is that of no word. */
export class TranslationTable {
  /** `rows[left]` to `rows[left + 1]`: the places of a row. */
  readonly rows: Uint32Array;
  /** Ids of the right side, ascending in each row. */
  readonly columns: Uint32Array;
  readonly probabilities: Float32Array;

  constructor(rows: Uint32Array, columns: Uint32Array, probabilities: Float32Array) {
    this.rows = rows;
    this.columns = columns;
    this.probabilities = probabilities;
  }

  /** 0 where the table has no entry. */
  probability(left: number, right: number): number {
    let low = this.rows[left] ?? 0;
    let high = this.rows[left + 1] ?? low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const column = this.columns[middle]!;
      if (column === right) return this.probabilities[middle]!;
      if (column < right) low = middle + 1;
      else high = middle;
    }
    return 0;
  }
}

/** A table of entries that come in any order. */
export function tableOf(
  entries: readonly (readonly [left: number, right: number, probability: number])[],
  leftSize: number,
): TranslationTable {
  const sorted = entries.toSorted((one, other) => one[0] - other[0] || one[1] - other[1]);
  const rows = new Uint32Array(leftSize + 1);
  for (const [left] of sorted) rows[left + 1]!++;
  for (let left = 0; left < leftSize; left++) rows[left + 1]! += rows[left]!;
  return new TranslationTable(
    rows,
    Uint32Array.from(sorted, ([, right]) => right),
    Float32Array.from(sorted, ([, , probability]) => probability),
  );
}
