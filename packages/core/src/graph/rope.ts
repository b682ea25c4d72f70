import type { RopeConfig, RopeScaling } from "./model-config.ts";

/** What a rope node carries: radians a position for each pair, and the factor on cosine and sine. */
export interface RopeRotation {
  readonly frequencies: readonly number[];
  readonly magnitude: number;
}

/** Folds base, scaling and per-pair factors into one list of float64 frequencies (Su et al., arXiv 2104.09864). */
export function ropeRotation(rope: RopeConfig): RopeRotation {
  const pairs = rope.rotaryDimension / 2;
  const base = Array.from({ length: pairs }, (_, pair) => {
    const frequency = rope.theta ** (-pair / pairs);
    return rope.frequencyFactors === undefined ? frequency : frequency / rope.frequencyFactors[pair]!;
  });
  return {
    frequencies: rope.scaling === undefined ? base : scaleFrequencies(base, rope.scaling, rope),
    magnitude: rope.scaling?.type === "yarn" ? rope.scaling.attentionFactor : 1,
  };
}

function scaleFrequencies(frequencies: number[], scaling: RopeScaling, rope: RopeConfig): number[] {
  switch (scaling.type) {
    case "linear":
      return frequencies.map((frequency) => frequency / scaling.factor);
    case "llama3":
      return frequencies.map((frequency) => llama3Frequency(frequency, scaling));
    case "yarn": {
      // Pairs that turn more than betaFast times within the trained context keep their frequency, those that turn
      // less than betaSlow times are divided by the factor, and a ramp over the pair index joins the two.
      const low = Math.max(0, Math.floor(yarnPair(scaling.betaFast, scaling, rope)));
      const high = Math.min(rope.rotaryDimension - 1, Math.ceil(yarnPair(scaling.betaSlow, scaling, rope)));
      return frequencies.map((frequency, pair) => {
        const ramp = Math.min(1, Math.max(0, (pair - low) / Math.max(0.001, high - low)));
        return frequency * (1 - ramp) + (frequency / scaling.factor) * ramp;
      });
    }
  }
}

function llama3Frequency(frequency: number, scaling: Extract<RopeScaling, { type: "llama3" }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositionEmbeddings } = scaling;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  if (turns < lowFrequencyFactor) return frequency / factor;
  if (turns > highFrequencyFactor) return frequency;
  const kept = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return frequency * kept + (frequency / factor) * (1 - kept);
}

/** The (fractional) pair that makes `turns` turns within the original context (YaRN, arXiv 2309.00071, section 3.2). */
function yarnPair(turns: number, scaling: Extract<RopeScaling, { type: "yarn" }>, rope: RopeConfig): number {
  const positions = scaling.originalMaxPositionEmbeddings;
  return (rope.rotaryDimension * Math.log(positions / (turns * 2 * Math.PI))) / (2 * Math.log(rope.theta));
}
