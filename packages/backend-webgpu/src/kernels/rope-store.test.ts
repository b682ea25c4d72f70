import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { expectStored } from "../testing/expect-attention.ts";
import { attentionShape, normalizedError, ReferenceBatch, type SmallShape } from "../testing/reference-attention.ts";
import { runRopeStore } from "../testing/run-attention.ts";
import { openTestGpu } from "../testing/test-gpu.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

describe("ropeStore", () => {
  it.each<SmallShape>([
    { headSize: 2, heads: 3, keyValueHeads: 1 },
    { headSize: 6, heads: 4, keyValueHeads: 2, pairing: "interleaved", cacheType: "f16", normEpsilon: 1e-6 },
    { headSize: 16, heads: 4, keyValueHeads: 4, pairs: 3, qkvStride: 194, normEpsilon: 1e-5 },
    { headSize: 64, heads: 3, keyValueHeads: 1, cacheType: "f16", qkvStride: 352 },
    { headSize: 80, heads: 4, keyValueHeads: 1, pairs: 20, pairing: "interleaved" },
    { headSize: 128, heads: 4, keyValueHeads: 2, normEpsilon: 1e-6, cacheType: "f16" },
    { headSize: 254, heads: 1, keyValueHeads: 1, normEpsilon: 1e-6 },
    { headSize: 256, heads: 2, keyValueHeads: 1 },
  ])("turns queries in place and stores: $headSize, $heads heads over $keyValueHeads", async (small) => {
    const shape = attentionShape(small);
    const { heads, headSize, qkvStride } = shape;
    const pieces = [
      { position: 0, rows: 20 },
      { position: 13, rows: 5 },
      { position: headSize === 64 ? 100_000 : 300, rows: 2 },
    ];
    const batch = new ReferenceBatch(shape, pieces, 7);
    const before = new ReferenceBatch(shape, pieces, 7);
    await runRopeStore(context, batch);
    expectStored(batch, before);
    for (let row = 0; row < batch.rowCount; row++) {
      const turned = batch.qkv.subarray(row * qkvStride, (row + 1) * qkvStride);
      for (let head = 0; head < heads; head++) {
        const query = turned.subarray(head * headSize, (head + 1) * headSize);
        expect(normalizedError(query, batch.projected(row, head))).toBeLessThan(1e-12);
      }
      const rest = [row * qkvStride + heads * headSize, (row + 1) * qkvStride] as const;
      expect(batch.qkv.subarray(...rest)).toEqual(before.qkv.subarray(...rest));
    }
  });
});
