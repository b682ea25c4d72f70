import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { expectAttended, expectStored } from "../testing/expect-attention.ts";
import { attentionShape, ReferenceBatch, type SmallShape } from "../testing/reference-attention.ts";
import { runSplitAttention } from "../testing/run-attention.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { attentionSplits } from "./attention-span.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

/** Rows that are each the next token of another sequence. */
function singles(...positions: readonly number[]) {
  return positions.map((position) => ({ position, rows: 1 }));
}

async function check(small: SmallShape, positions: readonly number[]): Promise<void> {
  const create = () => new ReferenceBatch(attentionShape(small), singles(...positions), 1);
  const batch = create();
  const before = create();
  const output = await runSplitAttention(context, batch);
  expectStored(batch, before);
  expectAttended(batch, output);
  expect(batch.qkv).toEqual(before.qkv);
}

/** Around pages of 16 and splits of 64. */
const borders = [0, 1, 15, 16, 63, 64, 65, 200];

describe("attentionSplit and attentionReduce", () => {
  it.each<SmallShape>([
    { headSize: 2, heads: 2, keyValueHeads: 2 },
    { headSize: 6, heads: 6, keyValueHeads: 2, pairs: 2, normEpsilon: 1e-6, qkvStride: 62, outputStride: 38 },
    { headSize: 6, heads: 3, keyValueHeads: 3, pairing: "interleaved", cacheType: "f16" },
    { headSize: 16, heads: 8, keyValueHeads: 1, pairing: "interleaved", cacheType: "f16", window: 1 },
    { headSize: 16, heads: 2, keyValueHeads: 1, qkvStride: 66, cacheType: "f16", normEpsilon: 1e-5 },
    { headSize: 64, heads: 22, keyValueHeads: 2, outputStride: 1536 },
    { headSize: 64, heads: 12, keyValueHeads: 1, window: 64, cacheType: "f16" },
    { headSize: 80, heads: 6, keyValueHeads: 2, pairs: 30, pairing: "interleaved", normEpsilon: 1e-6 },
    { headSize: 100, heads: 2, keyValueHeads: 2, pairs: 26, cacheType: "f16", scale: 0.3 },
    { headSize: 128, heads: 16, keyValueHeads: 2, normEpsilon: 1e-6, cacheType: "f16", qkvStride: 2592 },
    { headSize: 128, heads: 7, keyValueHeads: 1, window: 65 },
    { headSize: 254, heads: 3, keyValueHeads: 1 },
    { headSize: 256, heads: 8, keyValueHeads: 1, normEpsilon: 1e-6, window: 100 },
  ])("agree with float64: $headSize, $heads heads over $keyValueHeads", (small) => check(small, borders));

  it("makes splits longer where there would be too many", async () => {
    const shape = attentionShape({ headSize: 2, heads: 32, keyValueHeads: 32 });
    expect(attentionSplits(shape, 5000)).toBe(32);
    await check(shape, [5000, 2048]);
    await check({ ...shape, window: 2500 }, [5000, 2500]);
  });

  it("reaches positions beyond 100,000", () => check({ headSize: 16, heads: 2, keyValueHeads: 1 }, [131_072, 70]));

  it("lasts through scores that are far apart", async () => {
    await check({ headSize: 16, heads: 2, keyValueHeads: 1, scale: 1e4 }, [300]);
  });
});
