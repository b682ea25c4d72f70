import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { expectAttended, expectStored } from "../testing/expect-attention.ts";
import { attentionShape, normalizedError, ReferenceBatch, type SmallShape } from "../testing/reference-attention.ts";
import { runSplitAttention, runTiledAttention } from "../testing/run-attention.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { flatAttention, flatAttentionWorkgroups } from "./attention.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

const pieces = [
  { position: 0, rows: 70 },
  { position: 90, rows: 1 },
  { position: 31, rows: 33 },
];

describe("attention", () => {
  it.each<SmallShape>([
    { headSize: 2, heads: 2, keyValueHeads: 1 },
    { headSize: 6, heads: 4, keyValueHeads: 2, outputStride: 26, normEpsilon: 1e-6 },
    { headSize: 16, heads: 8, keyValueHeads: 1, window: 1 },
    { headSize: 64, heads: 3, keyValueHeads: 1, window: 20, cacheType: "f16", outputStride: 224 },
    { headSize: 80, heads: 2, keyValueHeads: 2, pairing: "interleaved", window: 33 },
    { headSize: 100, heads: 2, keyValueHeads: 2, cacheType: "f16", pairs: 10 },
    { headSize: 128, heads: 4, keyValueHeads: 2, normEpsilon: 1e-6, cacheType: "f16" },
    { headSize: 128, heads: 1, keyValueHeads: 1, scale: 1e4 },
    { headSize: 254, heads: 1, keyValueHeads: 1, cacheType: "f16" },
    { headSize: 256, heads: 2, keyValueHeads: 1 },
  ])("agrees with float64: $headSize, $heads heads over $keyValueHeads", async (small) => {
    const batch = new ReferenceBatch(attentionShape(small), pieces, 3);
    const output = await runTiledAttention(context, batch);
    expectStored(batch, new ReferenceBatch(batch.shape, pieces, 3));
    expectAttended(batch, output);
  });

  it("reaches positions beyond 100,000", async () => {
    const shape = attentionShape({ headSize: 16, heads: 1, keyValueHeads: 1 });
    const batch = new ReferenceBatch(shape, [{ position: 131_060, rows: 3 }], 3);
    expectAttended(batch, await runTiledAttention(context, batch));
  });

  it.each<SmallShape>([
    { headSize: 64, heads: 6, keyValueHeads: 2 },
    { headSize: 64, heads: 6, keyValueHeads: 2, window: 50, cacheType: "f16", normEpsilon: 1e-6 },
  ])("gives what split attention gives: window $window", async (small) => {
    const singles = [0, 63, 64, 300].map((position) => ({ position, rows: 1 }));
    const [split, tiled] = [0, 0].map(() => new ReferenceBatch(attentionShape(small), singles, 5));
    const outputs = [await runSplitAttention(context, split!), await runTiledAttention(context, tiled!)] as const;
    expect(normalizedError(...outputs)).toBeLessThan(1e-12);
    expect(split!.keyCache).toEqual(tiled!.keyCache);
    expect(split!.valueCache).toEqual(tiled!.valueCache);
  });
});

describe("flatAttention", () => {
  it.each([
    { headSize: 64, heads: 4, keyValueHeads: 2 },
    { headSize: 6, heads: 3, keyValueHeads: 1, window: 40 },
  ])("agrees with float64 for some rows of a batch: $headSize", async (small) => {
    const shape = attentionShape(small);
    const { heads, keyValueHeads, headSize } = shape;
    const width = heads * headSize;
    const piece = { position: 50, rows: 40 };
    const batch = new ReferenceBatch(shape, [piece], 11);
    await runTiledAttention(context, batch); // stores keys and values
    const firstRow = 3;
    const query = new Float32Array((firstRow + piece.rows + 1) * width).fill(Number.NaN);
    for (let row = 0; row < piece.rows; row++) {
      for (let head = 0; head < heads; head++) {
        query.set(batch.projected(row, head), (firstRow + row) * width + head * headSize);
      }
    }
    const [keyCache, valueCache] = [batch.keyCache, batch.valueCache].map((cache) => {
      const dense = new Float32Array((piece.position + piece.rows + 2) * keyValueHeads * headSize).fill(Number.NaN);
      dense.set(batch.sequence(cache, piece.rows - 1));
      return dense;
    });
    const output = new Float32Array(query.length).fill(Number.NaN);
    const work = Uint32Array.of(firstRow, piece.rows, piece.position, 0);
    const workgroups = flatAttentionWorkgroups(shape, piece.rows);
    await runKernel(context, flatAttention(shape), [query, work, keyCache!, valueCache!, output], workgroups);
    expectAttended(batch, output.subarray(firstRow * width, (firstRow + piece.rows) * width));
    expect(output.subarray(0, firstRow * width).every(Number.isNaN)).toBe(true);
    expect(output.subarray((firstRow + piece.rows) * width).every(Number.isNaN)).toBe(true);
  });
});
