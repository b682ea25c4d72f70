import { BayLingError } from "@bayling/core";
import { Random } from "../../random.ts";
import { countSegments, type Measure, type SegmentCounts, sumCounts } from "../measure.ts";

export interface PairedBootstrapOptions {
  /** Resamples. Default 1000. */
  readonly resamples?: number | undefined;
  /** Default 12345. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a system compares with the baseline, of 100 where scores are. */
export interface PairedBootstrapResult {
  readonly score: number;
  /** Mean over the resamples, and half of the interval that holds 95 % of them. */
  readonly mean: number;
  readonly interval: number;
  /** How probable a difference of this size is where there is none; `undefined` for the baseline. */
  readonly pValue: number | undefined;
}

/**
 * Paired bootstrap resampling (Koehn 2004): the same segments are drawn for all systems, with replacement. The p-value
 * is that of a difference, two-sided, by resamples shifted to a mean of zero, as sacrebleu gives it.
 * @param systems hypotheses by system, the baseline first
 * @throws BayLingError `argument-invalid`; the signal's reason
 */
export function pairedBootstrap(
  measure: Measure,
  systems: readonly (readonly string[])[],
  references: readonly (readonly string[])[],
  options: PairedBootstrapOptions = {},
): PairedBootstrapResult[] {
  const { resamples = 1000, seed = 12_345, signal } = options;
  if (!Number.isSafeInteger(resamples) || resamples < 1) {
    throw new BayLingError("argument-invalid", {
      field: "resamples",
      problem: "nothing can be said from so few resamples",
      expected: "a whole number from 1",
      received: String(resamples),
    });
  }
  const counts = systems.map((hypotheses) => {
    signal?.throwIfAborted();
    return countSegments(measure, hypotheses, references);
  });
  const scores = counts.map((rows) => measure.score(sumCounts(rows)));
  const resampled = resample(measure, counts, { segments: references.length, resamples, seed, signal });
  return scores.map((score, system) => {
    const { mean, interval } = describe(resampled[system]!);
    if (system === 0) return { score, mean, interval, pValue: undefined };
    const differences = resampled[system]!.map((value, index) => value - resampled[0]![index]!);
    const shift = differences.reduce((total, difference) => total + difference, 0) / resamples;
    const observed = Math.abs(score - scores[0]!);
    const asLarge = differences.filter((difference) => Math.abs(difference - shift) >= observed).length;
    return { score, mean, interval, pValue: (asLarge + 1) / (resamples + 1) };
  });
}

interface Resampling {
  readonly segments: number;
  readonly resamples: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

function resample(measure: Measure, counts: readonly SegmentCounts[], options: Resampling): Float64Array[] {
  const { segments, resamples, seed, signal } = options;
  const random = new Random(seed);
  const scores = counts.map(() => new Float64Array(resamples));
  const chosen = new Uint32Array(segments);
  for (let index = 0; index < resamples; index++) {
    signal?.throwIfAborted();
    for (let place = 0; place < segments; place++) chosen[place] = random.below(segments);
    for (const [system, rows] of counts.entries()) scores[system]![index] = measure.score(sumCounts(rows, chosen));
  }
  return scores;
}

function describe(scores: Float64Array): { readonly mean: number; readonly interval: number } {
  const sorted = scores.toSorted();
  const cut = Math.floor(sorted.length / 40);
  return {
    mean: scores.reduce((total, score) => total + score, 0) / scores.length,
    interval: (sorted[sorted.length - 1 - cut]! - sorted[cut]!) / 2,
  };
}
