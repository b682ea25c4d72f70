/** A low-rank update of rows that are in memory. */
export interface RowUpdate {
  /** [all rows, rank] */
  readonly left: Float32Array;
  /** [rank, columns] */
  readonly right: Float32Array;
  readonly rank: number;
  readonly scaling: number;
}

/** A change of rows, all of its numbers in memory. */
export interface RowChange {
  /** In place of the rows that are in memory: [rows, columns] */
  readonly replacement?: Float32Array | undefined;
  readonly update?: RowUpdate | undefined;
  /** [all rows] */
  readonly magnitude?: Float32Array | undefined;
  /** How much of the difference between the rows and the new ones is applied. */
  readonly scale: number;
}

/** Four rows of a matrix in float64. */
export type RowBlock = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

export const blockRows = 4;

export function newRowBlock(columns: number): RowBlock {
  const row = () => new Float64Array(columns);
  return [row(), row(), row(), row()];
}

/** Which rows a block holds. */
export interface BlockPlace {
  /** Rows from the beginning of the matrix. */
  readonly row: number;
  /** Rows from the beginning of those that are in memory. */
  readonly place: number;
  /** Rows of the block that count; at the end of a matrix there are fewer than four. */
  readonly count: number;
}

/**
 * Changes rows: W ← W + scale · (m · (R + s·B·A) / ‖R + s·B·A‖ − W), where R is W itself if nothing takes its place, and
 * the norm, one for each row, and m are there for DoRA only. Sums are float64.
 */
export function mergeRows(rows: RowBlock, change: RowChange, at: BlockPlace): void {
  const { replacement, update, magnitude, scale } = change;
  if (replacement === undefined && magnitude === undefined) {
    if (update !== undefined) addProduct(rows, update, at, scale);
    return;
  }
  const columns = rows[0].length;
  const targets = rows.map((row) => Float64Array.from(row)) as unknown as RowBlock;
  for (let index = 0; index < at.count && replacement !== undefined; index++) {
    const start = (at.place + index) * columns;
    targets[index]!.set(replacement.subarray(start, start + columns));
  }
  if (update !== undefined) addProduct(targets, update, at, 1);
  for (let index = 0; index < at.count; index++) {
    const [values, target] = [rows[index]!, targets[index]!];
    const factor = magnitude === undefined ? 1 : magnitude[at.row + index]! / norm(target);
    for (let column = 0; column < columns; column++) {
      const value = target[column]! * factor;
      // Not by the difference: the rounding of W would stay in what takes its place.
      values[column] = scale === 1 ? value : values[column]! + scale * (value - values[column]!);
    }
  }
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** By four rows and two ranks at a time: what is read of `right` is then used four times, and rows half as often. */
function addProduct(rows: RowBlock, { left, right, rank, scaling }: RowUpdate, at: BlockPlace, scale: number): void {
  const columns = rows[0].length;
  const [v0, v1, v2, v3] = rows;
  const factor = scaling * scale;
  // Rows and ranks that are not there count nothing.
  const weight = (row: number, index: number) =>
    row < at.count && index < rank ? factor * left[(at.row + row) * rank + index]! : 0;
  for (let index = 0; index < rank; index += 2) {
    const [a0, a1, a2, a3] = [weight(0, index), weight(1, index), weight(2, index), weight(3, index)];
    const [b0, b1, b2, b3] = [weight(0, index + 1), weight(1, index + 1), weight(2, index + 1), weight(3, index + 1)];
    const first = index * columns;
    const second = index + 1 < rank ? first + columns : first;
    for (let column = 0; column < columns; column++) {
      const x = right[first + column]!;
      const y = right[second + column]!;
      v0[column]! += a0 * x + b0 * y;
      v1[column]! += a1 * x + b1 * y;
      v2[column]! += a2 * x + b2 * y;
      v3[column]! += a3 * x + b3 * y;
    }
  }
}
