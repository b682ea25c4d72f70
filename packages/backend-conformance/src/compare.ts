/**
 * How far results may be from float64. Differences are measured as NMSE: the squared error over the squared deviation
 * of the reference, Σ(a − b)² / Σ(b − mean b)². Scores are compared after log-softmax, so a constant for each row is
 * free, and the mean of a row of log-probabilities (a large number that says nothing) does not dilute the error.
 */
export type ToleranceClass = "f32" | "f16" | "int8";

/**
 * Bounds on the NMSE of a whole tiny model, each about ten times what such arithmetic costs in the worst case.
 * - `f32`: weights and activations in f32 or better: up to 3e-13 with float64 sums. A GPU's sums and `exp` add to it.
 * - `f16`: rounding every activation to f16 costs up to 8e-6, the KV cache alone up to 1e-6.
 * - `int8`: quantizing the input of each product to eight bits in blocks of 32, as llama.cpp does, costs up to 5e-3,
 *   and rounding every activation to bf16 up to 9e-4.
 */
export const toleranceBounds: Readonly<Record<ToleranceClass, number>> = { f32: 1e-9, f16: 1e-4, int8: 3e-2 };

/** A class, or the NMSE bound itself. */
export type Tolerance = ToleranceClass | number;

export function boundOf(tolerance: Tolerance): number {
  return typeof tolerance === "number" ? tolerance : toleranceBounds[tolerance];
}

/** Log-probabilities of a row of scores, natural logarithm. */
export function logSoftmax(scores: ArrayLike<number>): Float64Array {
  let largest = -Infinity;
  for (let index = 0; index < scores.length; index++) largest = Math.max(largest, scores[index]!);
  let total = 0;
  for (let index = 0; index < scores.length; index++) total += Math.exp(scores[index]! - largest);
  const shift = largest + Math.log(total);
  return Float64Array.from(scores, (score) => score - shift);
}

/** Σ(a − b)² / Σ(b − centre)², where `centre` is the mean of b or 0. NaN and infinity are infinitely far. */
function normalizedError(actual: ArrayLike<number>, reference: ArrayLike<number>, centre: number): number {
  if (actual.length !== reference.length) return Infinity;
  let error = 0;
  let power = 0;
  for (let index = 0; index < reference.length; index++) {
    error += (actual[index]! - reference[index]!) ** 2;
    power += (reference[index]! - centre) ** 2;
  }
  const ratio = error === 0 ? 0 : error / power;
  return Number.isNaN(ratio) ? Infinity : ratio;
}

/** The NMSE of two rows of scores, after log-softmax. */
export function scoreError(actual: ArrayLike<number>, reference: ArrayLike<number>): number {
  const wanted = logSoftmax(reference);
  return normalizedError(logSoftmax(actual), wanted, mean(wanted));
}

/** The NMSE of values that are compared as they are. */
export function valueError(actual: ArrayLike<number>, reference: ArrayLike<number>): number {
  return normalizedError(actual, reference, 0);
}

/** How far one log-probability of a row may be off when the row's NMSE is at the bound: four deviations. */
export function logProbabilityMargin(reference: ArrayLike<number>, bound: number): number {
  const row = logSoftmax(reference);
  const centre = mean(row);
  const variance = row.reduce((sum, value) => sum + (value - centre) ** 2, 0) / row.length;
  return 4 * Math.sqrt(bound * variance) + 1e-5;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
