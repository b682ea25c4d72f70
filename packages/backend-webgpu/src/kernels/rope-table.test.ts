import { describe, expect, it } from "vitest";
import { ropeTable } from "./rope-table.ts";

describe("ropeTable", () => {
  it("has cosine and sine of each position and pair, times the magnitude", () => {
    const table = ropeTable({ frequencies: [1, 0.5], magnitude: 2 }, 2, (row) => row + 3);
    const expected = [3, 1.5, 4, 2].flatMap((angle) => [2 * Math.cos(angle), 2 * Math.sin(angle)]);
    expect([...table]).toEqual(expected.map(Math.fround));
  });

  it("is exact to f32 far out", () => {
    // 710,000 · 2π reduced by hand: what is left of 2π · (710,000 + 1/12) is π/6.
    const frequency = 2 * Math.PI * (1 + 1 / 12 / 710_000);
    const [cosine, sine] = ropeTable({ frequencies: [frequency], magnitude: 1 }, 1, () => 710_000);
    expect(cosine).toBeCloseTo(Math.sqrt(3) / 2, 7);
    expect(sine).toBeCloseTo(0.5, 7);
  });
});
