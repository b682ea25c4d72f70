import { dequantize, rowBytes, type TensorType, tensorTypeNames, tensorTypes } from "@bayling/core/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { decodeMatrix } from "./testing/decode-matrix.ts";
import { memorySource, randomBlocks, sameBits } from "./testing/memory-source.ts";
import { uploadMatrix } from "./upload.ts";
import { unitSize } from "./weight-layout.ts";
import { weightLayouts } from "./weight-layouts.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

async function decode(type: TensorType, rows: number, columns: number, bytes = randomBlocks(type, rows, columns)) {
  const matrix = await uploadMatrix(context, { label: type, sources: [memorySource(type, rows, columns, bytes)] });
  const expected = new Float32Array(rows * matrix.unitsPerRow * unitSize);
  for (let row = 0; row < rows; row++) {
    const length = rowBytes(type, columns);
    const decoded = dequantize(type, bytes.subarray(row * length, (row + 1) * length), columns);
    expected.set(decoded, row * matrix.unitsPerRow * unitSize);
  }
  return { ...(await decodeMatrix(context, matrix)), expected };
}

describe.each(tensorTypeNames)("%s", (type) => {
  const { blockSize } = tensorTypes[type];
  // Odd numbers of rows and units, and of units in all.
  const shapes: [number, number][] = {
    1: [
      [37, 7],
      [5, 70],
      [129, 224],
    ],
    32: [
      [1, 32],
      [3, 96],
      [129, 224],
    ],
    256: [
      [1, 256],
      [3, 768],
      [37, 1280],
    ],
  }[blockSize]! as [number, number][];

  it.each(shapes)("gives the bits of core's decoder: %i × %i", async (rows, columns) => {
    const { elements, expected } = await decode(type, rows, columns);
    expect(sameBits(elements, expected)).toBe(true);
  });

  it("has the values as small integers, the same ones packed", async () => {
    const [rows, columns] = shapes[2]!;
    const { values, packed } = await decode(type, rows, columns);
    if (weightLayouts[type].packed === undefined) {
      expect(blockSize).toBe(1);
      return;
    }
    expect(sameBits(Float32Array.from(packed), values)).toBe(true);
  });
});

describe("special numbers", () => {
  it("keeps every half, subnormal and infinite ones included", async () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
    const { elements, expected } = await decode("F16", 256, 256, new Uint8Array(halves.buffer));
    for (const [bits, value] of expected.entries()) {
      if (Number.isNaN(value)) expect(elements[bits]).toBeNaN();
      else if (!Object.is(elements[bits], value)) throw new Error(`0x${bits.toString(16)} became ${elements[bits]}`);
    }
  });

  it("keeps scales that are subnormal or infinite halves", async () => {
    const halves = [0x0001, 0x8001, 0x03ff, 0x7c00, 0xfc00];
    const bytes = Uint8Array.from(halves.flatMap((half) => [half & 255, half >> 8, ...new Array(16).fill(0xf1)]));
    const { elements, expected } = await decode("Q4_0", 1, 32 * halves.length, bytes);
    expect([...elements]).toEqual([...expected]);
    expect(expected[0]).toBe(-7 * 2 ** -24);
    expect(expected[32 * 3]).toBe(Number.NEGATIVE_INFINITY);
  });

  it("takes the two scales of MXFP4 that are subnormal floats for zero", async () => {
    const bytes = Uint8Array.from([0, 1, 2, 255].flatMap((exponent) => [exponent, ...new Array(16).fill(0x71)]));
    const { elements } = await decode("MXFP4", 1, 128, bytes);
    const steps = [0, 0, 2 ** -126, 2 ** 127];
    expect(steps.map((_, unit) => elements[32 * unit])).toEqual(steps);
    expect(elements[32 * 2 + 16]).toBe(12 * 2 ** -126);
  });
});
