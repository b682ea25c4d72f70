/** A table of systems by measures. */
export interface Comparison {
  readonly title: string;
  /** What rows are. Default: systems. */
  readonly rowName?: string | undefined;
  readonly columns: readonly ComparisonColumn[];
  readonly rows: readonly ComparisonRow[];
  /** What a reader has to know to believe the numbers: signatures, what was not run and why. */
  readonly notes: readonly string[];
}

export interface ComparisonColumn {
  readonly name: string;
  /** Undefined where neither is better, such as of counts. */
  readonly higherIsBetter?: boolean | undefined;
  /** Digits behind the point. Default 2. */
  readonly digits?: number | undefined;
}

export interface ComparisonRow {
  readonly system: string;
  /** One for each column. */
  readonly cells: readonly ComparisonCell[];
}

export interface ComparisonCell {
  /** NaN where there is no number; `text` says why. */
  readonly value: number;
  /** In place of the number, or behind it. */
  readonly text?: string | undefined;
}

/** A cell as it is read. */
export function cellText({ value, text }: ComparisonCell, { digits = 2 }: ComparisonColumn): string {
  if (Number.isNaN(value)) return text ?? "–";
  return text === undefined ? value.toFixed(digits) : `${value.toFixed(digits)} ${text}`;
}

/** Whether no other row has a better number in the column, as it is printed; of a single row never. */
export function isBest(comparison: Comparison, row: ComparisonRow, column: number): boolean {
  const { higherIsBetter, digits = 2 } = comparison.columns[column]!;
  if (higherIsBetter === undefined) return false;
  const values = comparison.rows.map(({ cells }) => Number(cells[column]!.value.toFixed(digits)));
  const numbers = values.filter((value) => !Number.isNaN(value));
  if (numbers.length < 2) return false;
  const best = higherIsBetter ? Math.max(...numbers) : Math.min(...numbers);
  return values[comparison.rows.indexOf(row)] === best;
}
