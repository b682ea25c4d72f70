import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PipelineCache } from "../device/pipeline-cache.ts";
import { attentionShape, type SmallShape } from "../testing/reference-attention.ts";
import { requestAdapter } from "../webgpu-probe.ts";
import { attention, flatAttention } from "./attention.ts";
import { attentionReduce } from "./attention-reduce.ts";
import { attentionSplit } from "./attention-split.ts";
import { ropeStore } from "./rope-store.ts";

let device: GPUDevice;
beforeAll(async () => {
  device = await (await requestAdapter({})).requestDevice(); // with the limits of the weakest GPU
});
afterAll(() => device.destroy());

describe("kernels of attention", () => {
  it.each<SmallShape>([
    { headSize: 2, heads: 8, keyValueHeads: 1 },
    { headSize: 126, heads: 16, keyValueHeads: 2 },
    { headSize: 128, heads: 8, keyValueHeads: 1, normEpsilon: 1e-6 },
    { headSize: 256, heads: 8, keyValueHeads: 1, normEpsilon: 1e-6 },
  ])("fit the limits that every device has: $headSize, $heads heads over $keyValueHeads", async (small) => {
    const shape = attentionShape(small);
    const kernels = [
      attentionSplit(shape),
      attentionReduce(shape),
      ropeStore(shape),
      attention(shape),
      flatAttention(shape),
    ];
    await new PipelineCache(device).prepare(kernels);
  });

  const paged = [attentionSplit, attentionReduce, ropeStore, attention];
  it.each([
    { headSize: 7, refusing: paged },
    { headSize: 0, refusing: [...paged, flatAttention] },
    { headSize: 258, refusing: [...paged, flatAttention] },
  ])("are refused for heads of $headSize", ({ headSize, refusing }) => {
    const shape = attentionShape({ headSize, heads: 1, keyValueHeads: 1 });
    for (const kernel of refusing) expect(() => kernel(shape)).toThrow(/heads of this size/);
  });
});
