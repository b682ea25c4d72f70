import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { normalizedError, randomNumbers } from "../testing/reference-attention.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { type RopeShape, rope, ropeWorkgroups } from "./rope.ts";
import { ropeTable } from "./rope-table.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

const positions = [0, 1, 77, 100_000, 131_071];

describe("rope", () => {
  it.each<Omit<RopeShape, "inPlace">>([
    { width: 6, headSize: 2, pairs: 1, pairing: "halves" },
    { width: 24, headSize: 6, pairs: 3, pairing: "interleaved" },
    { width: 320, headSize: 80, pairs: 16, pairing: "halves" },
    { width: 240, headSize: 80, pairs: 25, pairing: "interleaved" },
    { width: 512, headSize: 128, pairs: 64, pairing: "halves" },
    { width: 21, headSize: 7, pairs: 3, pairing: "halves" },
  ])("turns heads of $headSize by $pairs pairs, $pairing, in place and not", async (shape) => {
    const { width, headSize, pairs, pairing } = shape;
    const rows = positions.length;
    const random = randomNumbers(width);
    const input = Float32Array.from({ length: rows * width }, random);
    const frequencies = Array.from({ length: pairs }, (_, pair) => 10_000 ** (-pair / pairs));
    const table = ropeTable({ frequencies, magnitude: 1.25 }, rows, (row) => positions[row]!);

    const expected = Float64Array.from(input);
    for (let head = 0; head < rows * width; head += headSize) {
      for (const [pair, frequency] of frequencies.entries()) {
        const first = head + (pairing === "halves" ? pair : 2 * pair);
        const second = first + (pairing === "halves" ? pairs : 1);
        const angle = positions[Math.floor(head / width)]! * frequency;
        expected[first] = 1.25 * (input[first]! * Math.cos(angle) - input[second]! * Math.sin(angle));
        expected[second] = 1.25 * (input[first]! * Math.sin(angle) + input[second]! * Math.cos(angle));
      }
    }

    const output = new Float32Array(rows * width + 4).fill(9);
    await runKernel(
      context,
      rope({ ...shape, inPlace: false }),
      [table, input, output],
      ropeWorkgroups({ ...shape, inPlace: false }, rows),
    );
    expect(normalizedError(output, expected)).toBeLessThan(1e-13);
    expect([...output.subarray(rows * width)]).toEqual([9, 9, 9, 9]);

    await runKernel(
      context,
      rope({ ...shape, inPlace: true }),
      [table, input],
      ropeWorkgroups({ ...shape, inPlace: true }, rows),
    );
    expect(normalizedError(input, expected)).toBeLessThan(1e-13);
  });
});
