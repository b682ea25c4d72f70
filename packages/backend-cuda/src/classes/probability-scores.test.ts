import { describe, expect, it } from "vitest";
import { writeScores, zeroProbabilityScore } from "./probability-scores.ts";

function scoresOf(probabilities: readonly (readonly [number, number])[], vocabularySize: number): number[] {
  const row = new Float32Array(vocabularySize);
  writeScores(row, new Map(probabilities));
  return [...row];
}

describe("writeScores", () => {
  it("writes logarithms by token", () => {
    const scores = scoresOf([[2, 0.5], [0, 0.25], [1, 0.25]], 3); // biome-ignore format: a row
    expect(scores).toEqual([Math.fround(Math.log(0.25)), Math.fround(Math.log(0.25)), Math.fround(Math.log(0.5))]);
  });

  it("puts zero below the smallest probability that is none, and above −Infinity", () => {
    const smallest = 2 ** -149;
    expect(Math.fround(smallest)).toBe(smallest);
    expect(Math.fround(smallest / 2)).toBe(0);
    const [some, none] = scoresOf([[0, smallest], [1, 0]], 2); // biome-ignore format: a row
    expect(none).toBe(Math.fround(zeroProbabilityScore));
    expect(none).toBeLessThan(some!);
    expect(none).toBeGreaterThan(-110);
  });

  it("passes NaN on", () => {
    expect(scoresOf([[0, Number.NaN], [1, 1]], 2)).toEqual([Number.NaN, 0]); // biome-ignore format: a row
  });

  it.each([1, 3])("refuses the probabilities of %i tokens for a vocabulary of 2", (count) => {
    const probabilities = Array.from({ length: count }, (_, token) => [token, 1 / count] as const);
    expect(() => scoresOf(probabilities, 2)).toThrowError(
      expect.objectContaining({ code: "backend-failed", message: expect.stringContaining(`of ${count} tokens`) }),
    );
  });
});
