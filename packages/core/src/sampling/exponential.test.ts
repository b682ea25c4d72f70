import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exponential } from "./exponential.ts";

describe("exponential", () => {
  it("is Math.exp to the thirteenth digit", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 0, noNaN: true }), (x) => {
        expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
      }),
    );
  });

  it.each([0, -0, -708, -745, -1e9, -Infinity, Number.NaN])("is Math.exp, in f32, at %d", (x) => {
    expect(Math.fround(exponential(x))).toBe(Math.fround(Math.exp(x)));
  });
});
