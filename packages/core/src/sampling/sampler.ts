import { BayLingError } from "../errors.ts";
import { exponential } from "./exponential.ts";
import { logSumExp } from "./log-softmax.ts";
import type { SamplingSpec } from "./sampling-spec.ts";
import { isAllowed } from "./token-mask.ts";
import { bestTokens } from "./top-scores.ts";

/** What a draw depends on besides the scores. */
export interface SamplingState {
  /** How many tokens stand before the one to be drawn. */
  readonly position: number;
  /** The tokens so far, oldest first; only the last `penaltyWindow` count. */
  readonly history: ArrayLike<number>;
  /** Tokens that may be drawn. */
  readonly mask?: Uint32Array | undefined;
}

/**
 * Draws one token as {@link SamplingSpec} says. The draw is a Gumbel-max (Maddison et al., arXiv 1411.0030): the noise
 * of a token is a hash of seed, position and id, so the same token comes out wherever and in whatever order it is
 * made, and a rounding error of the scores changes it only where two tokens are as good as tied.
 * @param scores log-probabilities up to a constant, [vocabulary]; left as they are
 * @throws BayLingError `scores-invalid` when there is nothing to draw from (NaN, or nothing allowed)
 */
export function sampleToken(scores: Float32Array, spec: SamplingSpec, state: SamplingState): number {
  const adjusted = adjustScores(scores, spec, state.history);
  const best = bestAllowed(adjusted, state.mask);
  if (best < 0) throw invalidScores(adjusted.find(Number.isNaN));
  if (adjusted[best] === Infinity) throw invalidScores(Infinity);
  if (spec.temperature === 0) return best;

  const candidates = selectCandidates(adjusted, spec, best, state.mask);
  const stream = hash(spec.seed, state.position);
  // Relative to the best: a tiny temperature would make every score infinite.
  const heated = (id: number) => (adjusted[id]! - adjusted[best]!) / spec.temperature;
  let drawn = best;
  let drawnScore = gumbel(uniform(stream, best));
  for (let at = 0; at < candidates.length; at++) {
    const id = candidates[at]!;
    const u = uniform(stream, id);
    const score = heated(id);
    // Most lose, which is seen without a logarithm: −ln u ≥ 1 − u.
    if (1 - u > exponential(Math.min(0, score - drawnScore)) * roundingRoom) continue;
    const noisy = score + gumbel(u);
    if (noisy > drawnScore || (noisy === drawnScore && id < drawn)) {
      drawn = id;
      drawnScore = noisy;
    }
  }
  return drawn;
}

/** Nothing is lost to a rounding error. */
const roundingRoom = 1 + 1e-9;

/**
 * Bias and penalties on log-probabilities, in a new array; the row itself where there are none (nothing else needs
 * the constant).
 */
export function adjustScores(scores: Float32Array, spec: SamplingSpec, history: ArrayLike<number>): Float32Array {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, penaltyWindow, logitBias } = spec;
  const penalised = repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
  if (!penalised && logitBias.size === 0) return scores;

  const adjusted = new Float32Array(scores);
  const total = logSumExp(scores);
  if (Number.isFinite(total)) for (let id = 0; id < adjusted.length; id++) adjusted[id]! -= total;
  for (const [id, bias] of logitBias) adjusted[id]! += bias;
  if (!penalised) return adjusted;

  const counts = new Map<number, number>();
  for (let i = Math.max(0, history.length - penaltyWindow); i < history.length; i++) {
    counts.set(history[i]!, (counts.get(history[i]!) ?? 0) + 1);
  }
  for (const [id, count] of counts) {
    const score = adjusted[id]!;
    const repeated = score > 0 ? score / repetitionPenalty : score * repetitionPenalty;
    adjusted[id] = repeated - count * frequencyPenalty - presencePenalty;
  }
  return adjusted;
}

function bestAllowed(scores: Float32Array, mask: Uint32Array | undefined): number {
  let best = -1;
  let bestScore = -Infinity;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id]!;
    // A NaN is never greater, so it has to be asked for: it means that the whole row cannot be trusted.
    if (Number.isNaN(score)) return -1;
    if (score > bestScore && (mask === undefined || isAllowed(mask, id))) {
      best = id;
      bestScore = score;
    }
  }
  return best;
}

/** Temperature, then top-k, top-p and min-p; ids in no order. */
function selectCandidates(
  scores: Float32Array,
  { temperature, topK, topP, minP }: SamplingSpec,
  best: number,
  mask: Uint32Array | undefined,
): Uint32Array {
  const heat = (id: number) => exponential((scores[id]! - scores[best]!) / temperature); // relative to the best: 1
  if (topP < 1) {
    const kept = nucleus(scores, topK, mask, heat, topP);
    return minP > 0 ? kept.filter((id) => heat(id) >= minP) : kept;
  }
  if (topK > 0) {
    const kept = bestTokens(scores, topK, mask);
    return minP > 0 ? kept.filter((id) => heat(id) >= minP) : kept;
  }
  // What is so far behind the best cannot be drawn.
  const behind = minP > 0 ? Math.min(noiseRange, 1e-3 - Math.log(minP)) : noiseRange;
  const least = scores[best]! - behind * temperature;
  const kept = new Uint32Array(scores.length);
  let size = 0;
  for (let id = 0; id < scores.length; id++) {
    if (scores[id]! < least || (mask !== undefined && !isAllowed(mask, id))) continue;
    if (minP === 0 || heat(id) >= minP) kept[size++] = id;
  }
  return kept.subarray(0, size);
}

/** The smallest set of best tokens, of the `topK` best where that is not 0, that has `topP` of their probability. */
function nucleus(
  scores: Float32Array,
  topK: number,
  mask: Uint32Array | undefined,
  heat: (id: number) => number,
  topP: number,
): Uint32Array {
  const most = topK > 0 ? Math.min(topK, scores.length) : scores.length;
  let total = 0;
  if (topK > 0) for (const id of bestTokens(scores, topK, mask)) total += heat(id);
  else for (let id = 0; id < scores.length; id++) if (mask === undefined || isAllowed(mask, id)) total += heat(id);
  // Few tokens are nearly always enough, and to find them costs less than to sort all.
  for (let count = Math.min(most, 64); ; count = Math.min(most, 8 * count)) {
    const sorted = bestTokens(scores, count, mask);
    let reached = 0;
    let size = 0;
    while (size < sorted.length && (size === 0 || reached < topP * total)) reached += heat(sorted[size++]!);
    if (size < sorted.length || count === most) return sorted.subarray(0, size);
  }
}

/** {@link gumbel} of 32 bits goes from −3.2 to 22.9. */
const noiseRange = 27;

/** A number in (0, 1) that depends on the stream and the id alone. */
function uniform(stream: number, id: number): number {
  return (hash(stream, id) + 0.5) / 2 ** 32;
}

/** −ln(−ln u) */
function gumbel(u: number): number {
  return -Math.log(-Math.log(u));
}

/** Mixes two unsigned 32-bit numbers into one (multiply-xorshift rounds with the constants of MurmurHash3's finaliser). */
function hash(a: number, b: number): number {
  let h = (a ^ Math.imul(b + 1, 0x9e3779b1)) >>> 0;
  for (let round = 0; round < 2; round++) {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h = (h ^ (h >>> 16) ^ Math.imul(a, 0x27d4eb2f)) >>> 0;
  }
  return h;
}

/** @param score what cannot be drawn from, NaN or Infinity; `undefined` where there is nothing to draw */
export function invalidScores(score: number | undefined): BayLingError {
  const wrong = score !== undefined;
  return new BayLingError("scores-invalid", {
    problem: wrong ? "there are scores that are no finite numbers" : "no token may be drawn",
    expected: "at least one finite score that is allowed",
    received: wrong ? String(score) : "only −Infinity or forbidden tokens",
    remedy: wrong
      ? "Check the file, whose weights may be damaged, and the hook"
      : "Loosen the mask, the bias or the hook",
  });
}
