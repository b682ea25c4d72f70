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
