/** What a person calls an element of flat data, by its index. */
export type ElementName = (index: number) => string;

/** Elements of a matrix that lies row by row; both count from 0. */
export function rowAndColumn(width: number): ElementName {
  return (index) => `row ${Math.floor(index / width)}, column ${index % width}`;
}

/**
 * `row 1, column 17: expected 0.31, got NaN`: the first element that is no finite number, else the one that is
 * farthest off. A single NaN makes an error of a million elements infinite, and only its place says where to look.
 */
export function describeWorst(actual: ArrayLike<number>, reference: ArrayLike<number>, nameOf: ElementName): string {
  let worst = firstNonFinite(actual);
  if (worst < 0) {
    worst = 0;
    for (let index = 1; index < reference.length; index++) {
      const isFarther = difference(actual, reference, index) > difference(actual, reference, worst);
      if (isFarther) worst = index;
    }
  }
  return `${nameOf(worst)}: expected ${show(reference[worst]!)}, got ${show(actual[worst]!)}`;
}

/**
 * As {@link describeWorst} for a row of scores, where a constant is free. It is the median of the differences: after
 * log-softmax a single score that is much too large would make all others look wrong.
 */
export function describeWorstScore(
  actual: ArrayLike<number>,
  reference: ArrayLike<number>,
  nameOf: ElementName,
): string {
  const differences = Float64Array.from(reference, (score, index) => actual[index]! - score).filter(Number.isFinite);
  const constant = differences.sort()[differences.length >> 1] ?? 0;
  const expected = Float64Array.from(reference, (score) => score + constant);
  return describeWorst(actual, expected, nameOf);
}

function firstNonFinite(values: ArrayLike<number>): number {
  return Array.prototype.findIndex.call(values, (value) => !Number.isFinite(value));
}

function difference(actual: ArrayLike<number>, reference: ArrayLike<number>, index: number): number {
  return Math.abs(actual[index]! - reference[index]!);
}

/** As many digits as f32 has. */
function show(value: number): string {
  return String(Number(value.toPrecision(8)));
}
