import fc from "fast-check";
import { expect, it } from "vitest";
import { Random } from "./random.ts";

it("draws the same for the same seed, and something else for the next", () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 8 }, () => random.uint32());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

it("draws every number below a limit about equally often", () => {
  const random = new Random(1);
  const counts = new Array<number>(6).fill(0);
  for (let draw = 0; draw < 60_000; draw++) counts[random.below(6)]!++;
  // Five degrees of freedom: more than 30 comes once in 70,000 seeds.
  const chiSquare = counts.reduce((total, count) => total + (count - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(30);
});

it("shuffles without losing anything", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(), (values, seed) => {
      const ascending = (list: readonly number[]) => list.toSorted((one, other) => one - other);
      expect(ascending(new Random(seed).shuffle(values))).toEqual(ascending(values));
    }),
  );
});

it("reaches every order of three", () => {
  const orders = new Set(Array.from({ length: 200 }, (_, seed) => new Random(seed).shuffle([1, 2, 3]).join("")));
  expect(orders.size).toBe(6);
});

it("refuses to choose from nothing", () => {
  expect(() => new Random(1).pick([])).toThrow(RangeError);
});
