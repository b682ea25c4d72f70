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
  /** In place of the rows: [rows of this call, columns] */
  readonly replacement?: Float32Array | undefined;
  readonly update?: RowUpdate | undefined;
  /** [all rows] */
  readonly magnitude?: Float32Array | undefined;
  /** How much of the difference between the rows and the new ones is applied. */
  readonly scale: number;
}

/**
 * Changes one row in place: with everything W ← W + scale · (m · (R + s·B·A) / ‖R + s·B·A‖ − W), where R is W itself if
 * nothing takes its place, and the norm and m are there for DoRA only. Sums are float64.
 * @param row counts in the matrix
 * @param place of the row among those of this call
 */
export function mergeRow(values: Float64Array, change: RowChange, row: number, place: number): void {
  const { replacement, update, magnitude, scale } = change;
  const columns = values.length;
  if (replacement === undefined && magnitude === undefined) {
    if (update !== undefined) addProduct(values, update, row, scale);
    return;
  }
  const target = new Float64Array(values);
  if (replacement !== undefined) target.set(replacement.subarray(place * columns, (place + 1) * columns));
  if (update !== undefined) addProduct(target, update, row, 1);
  const factor = magnitude === undefined ? 1 : magnitude[row]! / norm(target);
  for (let column = 0; column < columns; column++) {
    const value = target[column]! * factor;
    // Not by the difference: the rounding of W would stay in what takes its place.
    values[column] = scale === 1 ? value : values[column]! + scale * (value - values[column]!);
  }
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** Four ranks at a time: the row, which is in the cache, is then read and written a quarter as often. */
function addProduct(values: Float64Array, { left, right, rank, scaling }: RowUpdate, row: number, scale: number): void {
  const columns = values.length;
  const factor = scaling * scale;
  let index = 0;
  for (; index + 4 <= rank; index += 4) {
    const at = row * rank + index;
    const a = factor * left[at]!;
    const b = factor * left[at + 1]!;
    const c = factor * left[at + 2]!;
    const d = factor * left[at + 3]!;
    const first = index * columns;
    const second = first + columns;
    const third = second + columns;
    const fourth = third + columns;
    for (let column = 0; column < columns; column++) {
      values[column]! +=
        a * right[first + column]! +
        b * right[second + column]! +
        c * right[third + column]! +
        d * right[fourth + column]!;
    }
  }
  for (; index < rank; index++) {
    const a = factor * left[row * rank + index]!;
    const first = index * columns;
    for (let column = 0; column < columns; column++) values[column]! += a * right[first + column]!;
  }
}
