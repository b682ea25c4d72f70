import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BayLingError } from "../errors.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { dequantize, dequantizer } from "./dequantize.ts";
import { readGguf } from "./gguf-reader.ts";
import { isTensorType, type TensorType, tensorTypeNames, tensorTypes } from "./tensor-types.ts";

/** A block as one long bit string: the references below take fields out of it by bit position, nothing else. */
class Bits {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  bit(position: number): number {
    return Math.floor(this.#bytes[Math.floor(position / 8)]! / 2 ** (position % 8)) % 2;
  }
  unsigned(position: number, width: number): number {
    let value = 0;
    for (let bit = 0; bit < width; bit++) value += this.bit(position + bit) * 2 ** bit;
    return value;
  }
  signedByte(byte: number): number {
    const value = this.unsigned(byte * 8, 8);
    return value >= 128 ? value - 256 : value;
  }
  nibble(byte: number, high: boolean): number {
    return this.unsigned(byte * 8 + (high ? 4 : 0), 4);
  }
  /** IEEE 754 with the given field widths, from its definition. */
  float(byte: number, exponentBits: number, fractionBits: number): number {
    const start = byte * 8;
    const fraction = this.unsigned(start, fractionBits) / 2 ** fractionBits;
    const exponent = this.unsigned(start + fractionBits, exponentBits);
    const sign = this.bit(start + fractionBits + exponentBits) === 1 ? -1 : 1;
    const bias = 2 ** (exponentBits - 1) - 1;
    if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  }
  half(byte: number): number {
    return this.float(byte, 5, 10);
  }
}

/** float32 arithmetic, operation by operation, as ggml's C does it without fused multiply-add. */
const f32 = Math.fround;
const times = (a: number, b: number): number => f32(f32(a) * f32(b));
const plus = (a: number, b: number): number => f32(f32(a) + f32(b));

const nonlinear = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** Element `index` of one block. */
type Reference = (block: Bits, index: number) => number;

/** 6-bit scale and minimum number `s` of Q4_K and Q5_K, whose 12 bytes start at byte 4. */
function sixBits(block: Bits, s: number): { scale: number; minimum: number } {
  const at = (byte: number): number => (4 + byte) * 8;
  if (s < 4) return { scale: block.unsigned(at(s), 6), minimum: block.unsigned(at(s + 4), 6) };
  return {
    scale: block.unsigned(at(s + 4), 4) + 16 * block.unsigned(at(s - 4) + 6, 2),
    minimum: block.unsigned(at(s + 4) + 4, 4) + 16 * block.unsigned(at(s) + 6, 2),
  };
}

const references: Readonly<Record<TensorType, Reference>> = {
  F32: (block) => block.float(0, 8, 23),
  F16: (block) => block.half(0),
  BF16: (block) => block.float(0, 8, 7),
  Q4_0: (block, i) => times(block.half(0), block.nibble(2 + (i % 16), i >= 16) - 8),
  Q4_1: (block, i) => plus(times(block.half(0), block.nibble(4 + (i % 16), i >= 16)), block.half(2)),
  Q5_0: (block, i) => times(block.half(0), block.nibble(6 + (i % 16), i >= 16) + 16 * block.bit(16 + i) - 16),
  Q5_1: (block, i) =>
    plus(times(block.half(0), block.nibble(8 + (i % 16), i >= 16) + 16 * block.bit(32 + i)), block.half(2)),
  Q8_0: (block, i) => times(block.half(0), block.signedByte(2 + i)),
  Q2_K: (block, i) => {
    const subBlock = Math.floor(i / 16);
    const quant = block.unsigned((16 + Math.floor(i / 128) * 32 + (i % 32)) * 8 + 2 * (Math.floor(i / 32) % 4), 2);
    const factor = times(block.half(80), block.nibble(subBlock, false));
    return plus(times(factor, quant), -times(block.half(82), block.nibble(subBlock, true)));
  },
  Q3_K: (block, i) => {
    const s = Math.floor(i / 16);
    const low = block.nibble(96 + (s % 8), s >= 8);
    const high = block.unsigned((104 + (s % 4)) * 8 + 2 * Math.floor(s / 4), 2);
    const pair = block.unsigned((32 + Math.floor(i / 128) * 32 + (i % 32)) * 8 + 2 * (Math.floor(i / 32) % 4), 2);
    const third = block.bit((i % 32) * 8 + Math.floor(i / 32));
    return times(times(block.half(108), low + 16 * high - 32), pair + 4 * third - 4);
  },
  Q4_K: (block, i) => {
    const { scale, minimum } = sixBits(block, Math.floor(i / 32));
    const quant = block.nibble(16 + Math.floor(i / 64) * 32 + (i % 32), i % 64 >= 32);
    return plus(times(times(block.half(0), scale), quant), -times(block.half(2), minimum));
  },
  Q5_K: (block, i) => {
    const { scale, minimum } = sixBits(block, Math.floor(i / 32));
    const low = block.nibble(48 + Math.floor(i / 64) * 32 + (i % 32), i % 64 >= 32);
    const quant = low + 16 * block.bit((16 + (i % 32)) * 8 + Math.floor(i / 32));
    return plus(times(times(block.half(0), scale), quant), -times(block.half(2), minimum));
  },
  Q6_K: (block, i) => {
    const half = Math.floor(i / 128);
    const low = block.nibble(half * 64 + (i % 64), i % 128 >= 64);
    const high = block.unsigned((128 + half * 32 + (i % 32)) * 8 + 2 * (Math.floor(i / 32) % 4), 2);
    return times(times(block.half(208), block.signedByte(192 + Math.floor(i / 16))), low + 16 * high - 32);
  },
  IQ4_NL: (block, i) => times(block.half(0), nonlinear[block.nibble(2 + (i % 16), i >= 16)]!),
  IQ4_XS: (block, i) => {
    const s = Math.floor(i / 32);
    const scale = block.nibble(4 + Math.floor(s / 2), s % 2 === 1) + 16 * block.unsigned(16 + 2 * s, 2) - 32;
    const level = nonlinear[block.nibble(8 + 16 * s + (i % 16), i % 32 >= 16)]!;
    return times(times(block.half(0), scale), level);
  },
  MXFP4: (block, i) => {
    const code = block.nibble(1 + (i % 16), i >= 16);
    const magnitude = [0, 0.5, 1, 1.5, 2, 3, 4, 6][code % 8]!;
    return f32((code >= 8 ? -magnitude : magnitude) * 2 ** (block.unsigned(0, 8) - 127));
  },
};

/** MXFP4's code 8 is +0 in ggml's table, whatever its sign bit says. */
const sameNumber = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

describe.each(tensorTypeNames)("%s", (type) => {
  const { blockSize, blockBytes } = tensorTypes[type];

  test("equals the definition, bit by bit, on random blocks at odd places", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }).chain((blocks) =>
          fc.record({
            blocks: fc.constant(blocks),
            before: fc.integer({ min: 0, max: 5 }),
            bytes: fc.uint8Array({ minLength: blocks * blockBytes, maxLength: blocks * blockBytes }),
          }),
        ),
        ({ blocks, before, bytes }) => {
          const length = blocks * blockSize;
          const padded = new Uint8Array(before + bytes.length + 3).fill(0xa5);
          padded.set(bytes, before);
          const output = new Float32Array(length + 4).fill(77);
          dequantizer(type)(padded, before, length, output, 2);
          expect([output[0], output[1], output[length + 2], output[length + 3]]).toEqual([77, 77, 77, 77]);
          for (let index = 0; index < length; index++) {
            const block = new Bits(bytes.subarray(Math.floor(index / blockSize) * blockBytes));
            const expected = references[type](block, index % blockSize);
            const actual = output[2 + index]!;
            if (!sameNumber(actual, expected)) expect(`${index}: ${actual}`).toBe(`${index}: ${expected}`);
          }
        },
      ),
      { numRuns: blockSize === 256 ? 100 : 300 },
    );
  });

  test("refuses lengths that are no whole blocks and bytes that are too few", () => {
    const bytes = new Uint8Array(blockBytes * 2);
    expect(dequantize(type, bytes, blockSize * 2)).toHaveLength(blockSize * 2);
    expect(() => dequantize(type, bytes, blockSize * 3)).toThrow(BayLingError);
    expect(() => dequantize(type, bytes, blockSize + 0.5)).toThrow(BayLingError);
  });
});

test("every half is exact", () => {
  const bytes = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, bits) => bits).buffer);
  const values = dequantize("F16", bytes, 65_536);
  for (const [index, value] of values.entries()) {
    const expected = new Bits(bytes.subarray(index * 2, index * 2 + 2)).half(0);
    if (!sameNumber(value, expected)) expect(`${index}: ${value}`).toBe(`${index}: ${expected}`);
  }
});

const fixtures = sharedFixture("fixtures/quantized/");

/**
 * Root mean square error of llama.cpp's own quantization, relative to the weights' spread, rounded up by about a
 * tenth. A wrong bit, scale or order of elements gives errors near 1.
 */
const bounds: Readonly<Record<TensorType, number>> = {
  F32: 0,
  F16: 2.3e-4,
  BF16: 1.85e-3,
  Q8_0: 0.006,
  Q6_K: 0.02,
  Q5_K: 0.04,
  Q5_1: 0.042,
  Q5_0: 0.048,
  Q4_K: 0.08,
  Q4_1: 0.087,
  Q4_0: 0.096,
  IQ4_NL: 0.085,
  IQ4_XS: 0.085,
  MXFP4: 0.14,
  Q3_K: 0.17,
  Q2_K: 0.33,
};

describe.skipIf(fixtures === undefined)("models that llama.cpp quantized", () => {
  test.each(fixtures === undefined ? [] : readdirSync(fixtures).filter((name) => name.endsWith(".gguf")))(
    "%s",
    async (name) => {
      await using original = await readGguf(`${fixtures}f32.gguf`);
      await using quantized = await readGguf(fixtures + name);
      expect([...quantized.tensors.keys()].sort()).toEqual([...original.tensors.keys()].sort());
      for (const { name: tensor, type, shape } of quantized.tensors.values()) {
        if (!isTensorType(type)) throw new Error(type);
        const length = shape.reduce((product, extent) => product * extent, 1);
        const expected = dequantize("F32", await original.readTensor(tensor), length);
        const actual = dequantize(type, await quantized.readTensor(tensor), length);
        let error = 0;
        let total = 0;
        for (let index = 0; index < length; index++) {
          error += (actual[index]! - expected[index]!) ** 2;
          total += expected[index]! ** 2;
        }
        const relative = Math.sqrt(error / total);
        expect(relative, `${tensor} ${type}`).toBeLessThanOrEqual(bounds[type]);
        if (type !== "F32") expect(relative, `${tensor} ${type}`).toBeGreaterThan(0);
      }
    },
  );
});
