import { describe, expect, it } from "vitest";
import { add, attention, embed, linear, rmsNorm, rope, swiglu } from "./reference-operations.ts";

/** Values that were worked out by hand from the docstrings of the graph's nodes. */
const close = (actual: Float64Array, expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 12);
};
const of = (...values: number[]) => Float64Array.from(values);

describe("the reference's operations", () => {
  it("embed picks rows", () => {
    close(embed(of(1, 2, 3, 4, 5, 6), 2, [2, 0]), [5, 6, 1, 2]);
  });

  it("rmsNorm divides by the root mean square of each group", () => {
    close(rmsNorm(of(3, 4, 0, 0), of(2, 10), 2, 12.5), [6 / 5, 40 / 5, 0, 0]); // √(25/2 + 12.5) = 5
    close(
      rmsNorm(of(1, 1, 1, 7), of(1, 1, 1, 1), 4, 0),
      [1, 1, 1, 7].map((value) => value / Math.sqrt(13)),
    );
  });

  it("linear multiplies rows of the weight", () => {
    close(linear(of(1, 2, 3, 4), of(1, 0, 0, 1, 1, 1), 2, of(10, 20, 30)), [11, 22, 33, 13, 24, 37]);
  });

  it("rope turns pairs by a quarter of a circle and leaves the rest", () => {
    const options = { width: 5, headSize: 5, frequencies: [Math.PI / 2, Math.PI], magnitude: 2, positions: [1] };
    close(rope(of(1, 2, 3, 4, 5), { ...options, pairing: "interleaved" }), [-4, 2, -6, -8, 5]);
    close(rope(of(1, 2, 3, 4, 5), { ...options, pairing: "halves" }), [-6, -4, 2, -8, 5]);
    close(
      rope(of(1, 2, 3, 4), {
        ...options,
        width: 2,
        headSize: 2,
        frequencies: [Math.PI],
        positions: [0, 3],
        pairing: "halves",
      }),
      [2, 4, -6, -8],
    );
  });

  it("attention weighs values causally, shares heads, and stops at the window", () => {
    // Equal keys: the mean of the values up to the own position.
    const options = { heads: 2, keyValueHeads: 1, headSize: 1, scale: 1 };
    close(attention(of(1, 1, 1, 1), of(0, 0, 0), of(3, 6, 9), options), [4.5, 4.5, 6, 6]);
    close(attention(of(1, 1, 1, 1), of(0, 0, 0), of(3, 6, 9), { ...options, window: 2 }), [4.5, 4.5, 7.5, 7.5]);
    // Weights e^(q·k): 1 to 3 for q = 1, 1 to 9 for q = 2.
    close(attention(of(1, 2), of(0, Math.log(3)), of(0, 1), { ...options }), [3 / 4, 9 / 10]);
    close(
      attention(
        of(1, 1, 1),
        of(0, Math.log(3)).map((k) => 2 * k),
        of(0, 1),
        { ...options, heads: 3, scale: 0.5 },
      ),
      [0.75, 0.75, 0.75],
    );
    // Two query heads on each of two KV heads.
    close(
      attention(of(0, 0, 0, 0), of(0, 0), of(5, 7), { heads: 4, keyValueHeads: 2, headSize: 1, scale: 1 }),
      [5, 5, 7, 7],
    );
  });

  it("swiglu gates, add adds", () => {
    close(swiglu(of(0, Math.log(3), -Math.log(3)), of(5, 4, 4)), [0, 3 * Math.log(3), -Math.log(3)]);
    close(add(of(1, 2), of(10, 20)), [11, 22]);
  });
});
