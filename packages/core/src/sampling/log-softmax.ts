import { exponential } from "./exponential.ts";

/** ln Σ exp(scores), in float64; −Infinity where every score is −Infinity, NaN where one is NaN. */
export function logSumExp(scores: Float32Array): number {
  let best = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (score > best) best = score;
    else if (Number.isNaN(score)) return Number.NaN;
  }
  if (best === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += exponential(scores[i]! - best);
  return best + Math.log(sum);
}

/** Subtracts {@link logSumExp} in place: natural log-probabilities. */
export function logSoftmax(scores: Float32Array): Float32Array {
  const total = logSumExp(scores);
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! - total;
  return scores;
}
