/** Mean squared error over mean square: Σ (actual − expected)² / Σ expected². */
export function normalisedError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let square = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    square += expected[i]! ** 2;
  }
  return error / square;
}
