import { BayLingError } from "@bayling/core";

/**
 * A measure of a corpus whose score is a function of sums over segments: so a part of a corpus, or a resample of it, is
 * scored by adding up what was counted once.
 */
export interface Measure {
  /** As tables show it: "BLEU", "chrF++". */
  readonly name: string;
  /** Everything that has an influence on the score, in sacrebleu's notation, without the number of references. */
  readonly signature: string;
  /** Whether a higher score is the better one. */
  readonly higherIsBetter: boolean;
  /** Counts of one segment, always of the same length. */
  count(hypothesis: string, references: readonly string[]): Float64Array;
  /** The score of summed counts, of 100. */
  score(counts: Float64Array): number;
}

/** The counts of segments as rows of one array, `[segments][width]`. */
export interface SegmentCounts {
  readonly width: number;
  readonly rows: Float64Array;
}

/**
 * Counts every segment.
 * @param references of each segment
 * @throws BayLingError `argument-invalid` where hypotheses and references are not equally many
 */
export function countSegments(
  measure: Measure,
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
): SegmentCounts {
  checkSegments(hypotheses, references);
  const [first] = hypotheses;
  if (first === undefined) return { width: 0, rows: new Float64Array() };
  const { length: width } = measure.count(first, references[0]!);
  const rows = new Float64Array(width * hypotheses.length);
  for (const [index, hypothesis] of hypotheses.entries()) {
    rows.set(measure.count(hypothesis, references[index]!), index * width);
  }
  return { width, rows };
}

/** The sum of the chosen rows; of all without a choice. */
export function sumCounts({ width, rows }: SegmentCounts, chosen?: Uint32Array): Float64Array {
  const sums = new Float64Array(width);
  const count = chosen?.length ?? (width === 0 ? 0 : rows.length / width);
  for (let index = 0; index < count; index++) {
    const start = (chosen === undefined ? index : chosen[index]!) * width;
    for (let column = 0; column < width; column++) sums[column]! += rows[start + column]!;
  }
  return sums;
}

/**
 * The score of a corpus, of 100.
 * @throws BayLingError `argument-invalid` where hypotheses and references are not equally many, or there are none
 */
export function scoreCorpus(
  measure: Measure,
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
): number {
  return measure.score(sumCounts(countSegments(measure, hypotheses, references)));
}

function checkSegments(hypotheses: readonly string[], references: readonly (readonly string[])[]): void {
  const without = references.findIndex((texts) => texts.length === 0);
  if (hypotheses.length === references.length && hypotheses.length > 0 && without === -1) return;
  throw new BayLingError("argument-invalid", {
    field: "references",
    problem: "hypotheses and references do not go together",
    expected: `one reference or more for each of ${hypotheses.length} segments, and at least one segment`,
    received: without === -1 ? `references of ${references.length} segments` : `none for segment ${without + 1}`,
  });
}
