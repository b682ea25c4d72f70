import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectError } from "../testing/expect-error.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { dequantize } from "./dequantize.ts";
import { readGguf } from "./gguf-reader.ts";
import { isQuantizableType, type QuantizableType, quantize } from "./quantize.ts";
import { tensorTypeNames, tensorTypes } from "./tensor-types.ts";

const types = tensorTypeNames.filter(isQuantizableType);

test("types that are written", () => {
  expect(types.toSorted()).toEqual(["BF16", "F16", "F32", "Q4_0", "Q4_K", "Q5_0", "Q5_K", "Q6_K", "Q8_0"]);
});

/** The value of a 16-bit float by its definition. */
function floatOf(bits: number, exponentBits: number, fractionBits: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = Math.floor(bits / 2 ** fractionBits) % 2 ** exponentBits;
  const fraction = bits % 2 ** fractionBits;
  const sign = bits >= 2 ** 15 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
}

test.each([
  ["F16", 5, 10, 0x7c00],
  ["BF16", 8, 7, 0x7f80],
] as const)(
  "%s: every value comes back, and what lies between two goes to the nearer, then to the even one",
  (type, exponentBits, fractionBits, infinity) => {
    const bitsOf = (values: number[]) => new Uint16Array(quantize(type, Float32Array.from(values)).buffer);
    const same = (actual: Uint16Array, expected: number[]) => actual.every((bits, index) => bits === expected[index]);
    for (const sign of [0, 0x8000]) {
      const bits = Array.from({ length: infinity - 1 }, (_, magnitude) => sign + magnitude);
      const values = bits.map((each) => floatOf(each, exponentBits, fractionBits));
      expect(same(bitsOf(values), bits)).toBe(true);
      const next = bits.map((each) => floatOf(each + 1, exponentBits, fractionBits));
      const between = (share: number) => bitsOf(values.map((value, index) => value + share * (next[index]! - value)));
      expect(
        same(
          between(0.5),
          bits.map((each) => each + (each % 2)),
        ),
      ).toBe(true);
      expect(same(between(0.25), bits)).toBe(true);
      expect(
        same(
          between(0.75),
          bits.map((each) => each + 1),
        ),
      ).toBe(true);
    }
  },
);

/** 32 elements: those given, then zeros. */
const block = (...values: number[]) => Float32Array.from({ length: 32 }, (_, index) => values[index] ?? 0);

describe("blocks worked out by hand", () => {
  test("Q8_0: the largest becomes 127, halves go away from zero", () => {
    const bytes = quantize("Q8_0", block(127, -127, 0.5, -0.5, 1.25, 2.5, -2.5));
    expect([...bytes.subarray(0, 9)]).toEqual([0x00, 0x3c, 127, 129, 1, 255, 1, 3, 253]);
    expect(bytes.subarray(9).every((byte) => byte === 0)).toBe(true);
  });

  test("Q4_0: the largest becomes −8 and takes its sign into the scale", () => {
    const values = block(-8, 7, 8, 0, 0.5, -0.5);
    values[16] = 3;
    // Scale 1; elements 0 and 16 share a byte. 8 has no place above 7; halves go up.
    expect([...quantize("Q4_0", values).subarray(0, 8)]).toEqual([0x00, 0x3c, 0xb0, 0x8f, 0x8f, 0x88, 0x89, 0x88]);
    const turned = quantize(
      "Q4_0",
      values.map((value) => -value),
    );
    expect([...turned.subarray(0, 4)]).toEqual([0x00, 0xbc, 0xb0, 0x8f]);
  });

  test("Q5_0: the fifth bits come before the nibbles", () => {
    const values = block(-16, 15, 1, -1);
    values[16] = 5;
    const bytes = quantize("Q5_0", values);
    expect([...bytes.subarray(0, 6)]).toEqual([0x00, 0x3c, 0b11110110, 0xff, 0xff, 0xff]);
    expect([...bytes.subarray(6, 11)]).toEqual([0x50, 0x0f, 0x01, 0x0f, 0x00]);
  });

  test.each(["Q4_K", "Q5_K", "Q6_K"] as const)("%s holds exactly what lies on a grid of its own", (type) => {
    const levels = { Q4_K: 15, Q5_K: 31, Q6_K: 63 }[type];
    // Q6_K finds a grid by the lowest value of every 16.
    const at = (index: number) => (type === "Q6_K" && index % 16 === 0 ? 0 : (index * 7) % (levels + 1));
    const lowest = type === "Q6_K" ? -32 : 0;
    const values = Float32Array.from({ length: 512 }, (_, index) => lowest + at(index));
    const read = dequantize(type, quantize(type, values), 512);
    const worst = Math.max(...values.map((value, index) => Math.abs(value - read[index]!)));
    // The scale is a half: 11 bits.
    expect(worst).toBeLessThan(levels * 2 ** -11);
  });
});

/** Values of one magnitude with some outliers, of any sign pattern. */
const values = fc
  .record({
    exponent: fc.integer({ min: -30, max: 16 }),
    kind: fc.constantFrom("any", "positive", "negative", "few", "alike"),
    shape: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 512, maxLength: 512 }),
  })
  .map(({ exponent, kind, shape }) =>
    Float32Array.from(shape, (value, index) => {
      const scale = 2 ** exponent;
      if (kind === "positive") return Math.abs(value) * scale;
      if (kind === "negative") return -Math.abs(value) * scale;
      if (kind === "few") return index % 29 === 0 ? value * scale : 0;
      return (kind === "alike" ? shape[0]! : value) * scale;
    }),
  );

const rootMeanSquare = (numbers: Float32Array) =>
  Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0) / numbers.length);

/** Largest distance of an element from its code, as a share of the block's largest magnitude, and what halves lose. */
const elementBounds = { Q8_0: [0.5 / 127, 127], Q4_0: [1 / 8, 8], Q5_0: [1 / 16, 16] } as const;

test.each(Object.entries(elementBounds))(
  "%s: no element is further away than its scale allows",
  (type, [share, levels]) => {
    fc.assert(
      fc.property(values, (given) => {
        const read = dequantize(type as QuantizableType, quantize(type as QuantizableType, given), given.length);
        for (let start = 0; start < given.length; start += 32) {
          const largest = Math.max(...given.subarray(start, start + 32).map(Math.abs));
          const bound = largest * (share + 2 ** -11 + 2 ** -22) + levels * 2 ** -25;
          for (let index = start; index < start + 32; index++) {
            expect(Math.abs(read[index]! - given[index]!)).toBeLessThanOrEqual(bound);
          }
        }
      }),
    );
  },
);

/** Root mean square of the distances in a block, as a share of its span, zero included; and what halves lose. */
const blockBounds = { Q4_K: [0.05, 16 * 63], Q5_K: [0.03, 32 * 63], Q6_K: [0.025, 32 * 128] } as const;

test.each(Object.entries(blockBounds))(
  "%s: blocks of 256 are no further away than their scales allow",
  (type, [share, levels]) => {
    fc.assert(
      fc.property(values, (given) => {
        const read = dequantize(type as QuantizableType, quantize(type as QuantizableType, given), given.length);
        for (let start = 0; start < given.length; start += 256) {
          const part = given.subarray(start, start + 256);
          const span = Math.max(0, ...part) - Math.min(0, ...part);
          const error = rootMeanSquare(part.map((value, index) => value - read[start + index]!));
          expect(error).toBeLessThanOrEqual(span * share + levels * 2 ** -25);
        }
      }),
    );
  },
);

describe.each(types)("%s", (type) => {
  const { blockSize, blockBytes } = tensorTypes[type];
  const length = blockSize * 2;

  test("zeros stay zeros, of either sign", () => {
    for (const zero of [0, -0]) {
      const read = dequantize(type, quantize(type, new Float32Array(length).fill(zero)), length);
      expect(read.every((value) => value === 0)).toBe(true);
    }
  });

  test("any float that it does not refuse gives finite numbers", () => {
    const array = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: length,
      maxLength: length,
    });
    fc.assert(
      fc.property(array, (given) => {
        let bytes: Uint8Array;
        try {
          bytes = quantize(type, Float32Array.from(given));
        } catch (error) {
          expect(error).toMatchObject({ code: "tensor-value-invalid" });
          return;
        }
        expect(bytes.length).toBe(2 * blockBytes);
        expect(dequantize(type, bytes, length).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  test("the smallest numbers there are give small ones", () => {
    const tiny = Float32Array.from({ length }, (_, index) => (index % 3 === 0 ? 2 ** -149 : -(2 ** -130)));
    const read = dequantize(type, quantize(type, tiny), length);
    expect(read.every((value) => Math.abs(value) < 2 ** -30)).toBe(true);
  });

  test("the largest that it holds are held, in every pattern", () => {
    const limits = { F32: 1, F16: 1, BF16: 1, Q4_0: 8, Q5_0: 16, Q8_0: 127, Q4_K: 63, Q5_K: 63, Q6_K: 127 * 31 };
    const largest = { F32: 3.4028234663852886e38, BF16: 3.3895313892515355e38 }[type as string] ?? 65504 * limits[type];
    for (const signs of [[1], [-1], [1, -1], [1, -1, 0, 0.5]]) {
      const given = Float32Array.from({ length }, (_, index) => signs[index % signs.length]! * largest);
      const read = dequantize(type, quantize(type, given), length);
      const worst = Math.max(...given.map((value, index) => Math.abs(value - read[index]!) / largest));
      expect(worst).toBeLessThan(0.13);
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38])(
    "%s has no place",
    async (value) => {
      if (type === "F32" && Number.isFinite(value)) return;
      const given = new Float32Array(length).fill(1);
      given[length - 1] = value;
      const error = await expectError("tensor-value-invalid", () => quantize(type, given));
      expect(error.field).toBe(`values[${length - 1}]`);
      expect(error.message).toContain(type);
      expect(error.remedy).toBeDefined();
    },
  );

  test("half a block is refused", async () => {
    if (blockSize === 1) return;
    const error = await expectError("argument-invalid", () => quantize(type, new Float32Array(blockSize / 2)));
    expect(error.expected).toContain(String(blockSize));
  });
});

test("a type that is only read, or none, is refused", async () => {
  for (const type of ["Q2_K", "Q9", "toString"]) {
    await expectError("argument-invalid", () => quantize(type as QuantizableType, new Float32Array(256)));
  }
  await expectError("argument-invalid", () => quantize("F16", [1, 2] as unknown as Float32Array));
});

const folder = sharedFixture("fixtures/quantized");
describe.skipIf(folder === undefined)("beside llama.cpp", () => {
  const files = [
    ["F32", "f32"],
    ["F16", "f16"],
    ["BF16", "bf16"],
    ["Q8_0", "q8_0"],
    ["Q4_0", "q4_0"],
    ["Q5_0", "q5_0"],
    ["Q4_K", "q4_k"],
    ["Q5_K", "q5_k"],
    ["Q6_K", "q6_k"],
  ] as const;
  test.each(files)("%s", async (type, name) => {
    await using source = await readGguf(`${folder}/f32.gguf`);
    await using file = await readGguf(`${folder}/${name}.gguf`);
    const tensors = [...file.tensors.values()].filter((tensor) => tensor.type === type);
    expect(tensors.length).toBeGreaterThan(10);
    for (const { name: tensor, shape } of tensors) {
      const length = shape.reduce((product, extent) => product * extent, 1);
      const given = dequantize("F32", await source.readTensor(tensor), length);
      const [theirs, ours] = [await file.readTensor(tensor), quantize(type, given)];
      if (!type.endsWith("_K")) {
        expect(Buffer.compare(ours, theirs), tensor).toBe(0);
        continue;
      }
      const error = (bytes: Uint8Array) => rootMeanSquare(dequantize(type, bytes, length).map((v, i) => v - given[i]!));
      expect(error(ours), tensor).toBeLessThanOrEqual(error(theirs));
    }
  });
});
