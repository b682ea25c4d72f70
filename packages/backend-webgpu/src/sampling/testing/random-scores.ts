import type { RandomNumbers } from "./random-numbers.ts";

/** Rows as models make them, and some that they should not: all equal, few different scores, holes. */
export function randomScores(random: RandomNumbers, vocabularySize: number): Float32Array {
  const kind = random.pick(["normal", "normal", "normal", "peaked", "coarse", "equal", "holes"] as const);
  const scale = random.pick([0.5, 2, 4, 30]);
  const shift = random.pick([0, 0, -15, 500]);
  return Float32Array.from({ length: vocabularySize }, (_, id) => {
    if (kind === "equal") return shift;
    if (kind === "coarse") return Math.round(2 * random.normal()) + shift;
    if (kind === "peaked" && id % 97 === 5) return 3 * scale * Math.abs(random.normal()) + shift;
    if (kind === "holes" && random.next() < 0.5) return Number.NEGATIVE_INFINITY;
    return scale * random.normal() + shift;
  });
}

/** Allows about half of the tokens, and at least one. */
export function randomMask(random: RandomNumbers, vocabularySize: number): Uint32Array {
  const mask = Uint32Array.from({ length: Math.ceil(vocabularySize / 32) }, () => random.word());
  mask[0]! |= 1;
  return mask;
}
