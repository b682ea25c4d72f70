import { type Diagonal, nullShare } from "./diagonal.ts";

/**
 * How probable each link of two texts is, seen from both sides: in `forward` which place on the left a place on the right
 * stands for, in `backward` the other way round, each by `[left place * columns + right place]`. One object serves many
 * texts.
 */
export class LinkPosteriors {
  rows: number = 0;
  columns: number = 0;
  forward: Float64Array = new Float64Array(1024);
  backward: Float64Array = new Float64Array(1024);
  /** That places stand for no word of the other side. */
  emptyRows: Float64Array = new Float64Array(64);
  emptyColumns: Float64Array = new Float64Array(64);
  #rowSums = new Float64Array(64);
  #columnSums = new Float64Array(64);

  /** Makes room; what stands there is to be overwritten with t(right | left), t(left | right), and those of the empty word. */
  begin(rows: number, columns: number): void {
    [this.rows, this.columns] = [rows, columns];
    if (this.forward.length < rows * columns) {
      this.forward = new Float64Array(rows * columns * 2);
      this.backward = new Float64Array(rows * columns * 2);
    }
    if (this.emptyRows.length < rows) {
      this.emptyRows = new Float64Array(rows * 2);
      this.#rowSums = new Float64Array(rows * 2);
    }
    if (this.emptyColumns.length < columns) {
      this.emptyColumns = new Float64Array(columns * 2);
      this.#columnSums = new Float64Array(columns * 2);
    }
  }

  /** Turns what was written into posteriors. */
  normalise(forwardPrior: Diagonal, backwardPrior: Diagonal): void {
    const { rows, columns, forward, backward, emptyRows, emptyColumns } = this;
    const [rowSums, columnSums] = [this.#rowSums, this.#columnSums];
    const [down, across] = [forwardPrior.table(rows, columns), backwardPrior.table(columns, rows)];
    for (let column = 0; column < columns; column++) columnSums[column] = emptyColumns[column]! *= nullShare;
    for (let row = 0; row < rows; row++) rowSums[row] = emptyRows[row]! *= nullShare;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const place = row * columns + column;
        columnSums[column]! += forward[place]! *= (1 - nullShare) * down[column * rows + row]!;
        rowSums[row]! += backward[place]! *= (1 - nullShare) * across[place]!;
      }
    }
    for (let row = 0; row < rows; row++) {
      emptyRows[row]! /= rowSums[row]!;
      for (let column = 0; column < columns; column++) {
        forward[row * columns + column]! /= columnSums[column]!;
        backward[row * columns + column]! /= rowSums[row]!;
      }
    }
    for (let column = 0; column < columns; column++) emptyColumns[column]! /= columnSums[column]!;
  }

  /** How probable both sides together find a link. */
  agreement(row: number, column: number): number {
    const place = row * this.columns + column;
    return this.forward[place]! * this.backward[place]!;
  }
}
