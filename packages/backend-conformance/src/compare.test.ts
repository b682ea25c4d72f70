import { describe, expect, it } from "vitest";
import { boundOf, logProbabilityMargin, logSoftmax, scoreError, toleranceBounds, valueError } from "./compare.ts";
import { Random } from "./tiny-llama/random.ts";

const row = new Random(3).floats(50, 2.5);

describe("scoreError", () => {
  it("does not see a constant", () => {
    expect(
      scoreError(
        row.map((score) => score + 40),
        row,
      ),
    ).toBeLessThan(1e-11);
    expect(scoreError(row, row)).toBe(0);
  });

  it("sees noise at its size", () => {
    const noise = new Random(4).floats(50, 2.5);
    const error = scoreError(
      row.map((score, id) => score + 1e-3 * noise[id]!),
      row,
    );
    expect(error).toBeGreaterThan(1e-7);
    expect(error).toBeLessThan(1e-5);
  });

  it("is infinite for NaN, infinities and rows of another length", () => {
    for (const wrong of [Number.NaN, Infinity, -Infinity]) expect(scoreError(row.with(7, wrong), row)).toBe(Infinity);
    expect(scoreError(row.slice(1), row)).toBe(Infinity);
  });
});

describe("valueError", () => {
  it("is relative to the size of the reference", () => {
    expect(valueError([1.1, 0], [1, 0])).toBeCloseTo(0.01);
    expect(valueError([0, 0], [0, 0])).toBe(0);
    expect(valueError([0, 1e-9], [0, 0])).toBe(Infinity);
  });
});

describe("logSoftmax", () => {
  it("sums to one, also for large scores", () => {
    const total = logSoftmax([1e4, 1e4 - 2, 9e3, -Infinity]).reduce((sum, value) => sum + Math.exp(value), 0);
    expect(total).toBeCloseTo(1, 12);
  });
});

describe("tolerances", () => {
  it("are classes or numbers", () => {
    expect(boundOf("f16")).toBe(toleranceBounds.f16);
    expect(boundOf(3e-7)).toBe(3e-7);
    expect(logProbabilityMargin(row, 1e-9)).toBeLessThan(1e-3);
  });
});
