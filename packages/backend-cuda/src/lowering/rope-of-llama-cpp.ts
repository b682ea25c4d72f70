/** What llama.cpp reads about RoPE in a file. Its pairs turn by pos · theta^(−i / pairs) before anything else. */
export interface RopeParameters {
  readonly theta: number;
  /** Positions are divided by it; with `yarn` only for the pairs that turn slowly. */
  readonly factor: number;
  readonly yarn: boolean;
  readonly originalContextLength: number;
  /** Multiplies cosine and sine, besides what YaRN does itself. */
  readonly attentionFactor: number;
  readonly frequencyFactors?: readonly number[] | undefined;
}

export interface RopeRotation {
  readonly frequencies: readonly number[];
  readonly magnitude: number;
}

/**
 * Turns a pair makes within the original context between which YaRN blends. Files carry them too, but the decoders of
 * the `llama` and `qwen` families do not read them there.
 */
const yarnTurns = { fast: 32, slow: 1 };

/** The rotation that llama.cpp makes of its parameters; the YaRN paper (Peng et al., arXiv 2309.00071) as it reads it. */
export function ropeOfLlamaCpp(parameters: RopeParameters, headSize: number): RopeRotation {
  const { theta, factor, yarn, originalContextLength, attentionFactor, frequencyFactors } = parameters;
  const pairs = headSize / 2;
  const pairOf = (turns: number) => (pairs * Math.log(originalContextLength / (turns * 2 * Math.PI))) / Math.log(theta);
  const low = Math.max(0, Math.floor(pairOf(yarnTurns.fast)));
  const high = Math.min(headSize - 1, Math.ceil(pairOf(yarnTurns.slow)));
  const frequencies = Array.from({ length: pairs }, (_, pair) => {
    const frequency = theta ** (-pair / pairs) / (frequencyFactors?.[pair] ?? 1);
    if (!yarn) return frequency / factor;
    const slow = Math.min(1, Math.max(0, (pair - low) / Math.max(0.001, high - low)));
    return frequency * (1 - slow) + (frequency / factor) * slow;
  });
  return { frequencies, magnitude: attentionFactor * (yarn ? yarnMagnitude(factor) : 1) };
}

export function yarnMagnitude(factor: number): number {
  return 1 + 0.1 * Math.log(Math.max(1, factor));
}

/** Whether two rotations are the same but for rounding to f32. */
export function sameRotation(one: RopeRotation, other: RopeRotation): boolean {
  return (
    near(one.magnitude, other.magnitude) &&
    one.frequencies.length === other.frequencies.length &&
    one.frequencies.every((frequency, pair) => near(frequency, other.frequencies[pair]!))
  );
}

/** Whether two numbers are equal but for rounding to f32. */
export function near(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-6 * Math.abs(other);
}
