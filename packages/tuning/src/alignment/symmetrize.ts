/** Places of a word on either side that say the same. */
export interface Link {
  readonly left: number;
  readonly right: number;
}

const neighbours = [...[-1, 0, 1].flatMap((row) => [-1, 0, 1].map((column) => [row, column] as const))].filter(
  ([row, column]) => row !== 0 || column !== 0,
);

/**
 * Joins the alignments of both directions: their intersection, grown along its neighbours in their union, and then what
 * links words that have no link yet (grow-diag-final-and; Koehn, Och and Marcu 2003).
 * @param leftOfRight for each place on the right the place on the left, -1 for none
 * @param rightOfLeft the other way round
 */
export function symmetrize(leftOfRight: Int32Array, rightOfLeft: Int32Array): readonly Link[] {
  const [rows, columns] = [rightOfLeft.length, leftOfRight.length];
  const union = new Uint8Array(rows * columns);
  const chosen = new Uint8Array(rows * columns);
  const [hasRow, hasColumn] = [new Uint8Array(rows), new Uint8Array(columns)];
  const choose = (row: number, column: number) => {
    chosen[row * columns + column] = 1;
    hasRow[row] = 1;
    hasColumn[column] = 1;
  };
  for (let column = 0; column < columns; column++) {
    const row = leftOfRight[column]!;
    if (row >= 0) union[row * columns + column] = 1;
  }
  for (let row = 0; row < rows; row++) {
    const column = rightOfLeft[row]!;
    if (column < 0) continue;
    if (union[row * columns + column] === 1) choose(row, column);
    union[row * columns + column] = 1;
  }
  for (let grew = true; grew; ) {
    grew = false;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (chosen[row * columns + column] !== 1) continue;
        for (const [down, right] of neighbours) {
          const [nextRow, nextColumn] = [row + down, column + right];
          if (nextRow < 0 || nextColumn < 0 || nextRow >= rows || nextColumn >= columns) continue;
          const place = nextRow * columns + nextColumn;
          if (union[place] !== 1 || chosen[place] === 1) continue;
          if (hasRow[nextRow] === 1 && hasColumn[nextColumn] === 1) continue;
          choose(nextRow, nextColumn);
          grew = true;
        }
      }
    }
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (union[row * columns + column] === 1 && hasRow[row] === 0 && hasColumn[column] === 0) choose(row, column);
    }
  }
  const links: Link[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (chosen[row * columns + column] === 1) links.push({ left: row, right: column });
    }
  }
  return links;
}
