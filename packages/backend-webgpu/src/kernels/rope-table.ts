/** What a rope node turns by: radians a position for each pair, and a factor on cosine and sine. */
export interface RopeRotation {
  readonly frequencies: readonly number[];
  readonly magnitude: number;
}

/**
 * (cosine, sine) · magnitude of every pair at `rows` positions, [rows, pairs] of two f32. Angles are made and reduced in
 * float64: in f32 an angle of 100,000 radians is off by hundredths, and the `sin` of a GPU by 1e-4.
 */
export function ropeTable(
  { frequencies, magnitude }: RopeRotation,
  rows: number,
  positionOf: (row: number) => number,
): Float32Array<ArrayBuffer> {
  const table = new Float32Array(rows * frequencies.length * 2);
  let index = 0;
  for (let row = 0; row < rows; row++) {
    const position = positionOf(row);
    for (const frequency of frequencies) {
      const angle = position * frequency;
      table[index++] = Math.cos(angle) * magnitude;
      table[index++] = Math.sin(angle) * magnitude;
    }
  }
  return table;
}
