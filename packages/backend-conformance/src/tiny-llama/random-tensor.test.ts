import { dequantize, tensorTypeNames } from "@bayling/core/backend";
import { describe, expect, it } from "vitest";
import { encodeBrainFloat, encodeHalf } from "./half.ts";
import { Random } from "./random.ts";
import { randomTensor } from "./random-tensor.ts";

describe("randomTensor", () => {
  it.each(tensorTypeNames)("makes finite %s values of the wanted deviation and a mean near zero", (type) => {
    for (const deviation of [1, 0.05]) {
      const values = dequantize(type, randomTensor(new Random(5), type, 40, 512, deviation), 40 * 512);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const actual = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(actual / deviation).toBeGreaterThan(0.6);
      expect(actual / deviation).toBeLessThan(1.7);
      expect(Math.abs(mean) / deviation).toBeLessThan(0.2);
    }
  });
});

describe("encodeHalf and encodeBrainFloat", () => {
  it("invert decoding for every finite pattern", () => {
    for (const [type, encode] of [
      ["F16", encodeHalf],
      ["BF16", encodeBrainFloat],
    ] as const) {
      const bits = Uint16Array.from({ length: 65536 }, (_, index) => index);
      const values = dequantize(type, new Uint8Array(bits.buffer), bits.length);
      const wrong = [...bits].filter(
        (pattern) => !Number.isNaN(values[pattern]) && encode(values[pattern]!) !== pattern,
      );
      expect(wrong).toEqual([]);
    }
  });

  it("round to even", () => {
    expect(encodeHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(encodeHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(encodeHalf(2 ** -25)).toBe(0);
    expect(encodeHalf(65519)).toBe(0x7bff);
    expect(encodeHalf(65520)).toBe(0x7c00);
  });
});
