import { expect, test } from "vitest";
import { create } from "webgpu";
import { gpuMissing } from "../lib/web-gpu.mjs";
import { squareOnGpu, squares } from "./square.mjs";

test("WebGPU computes in Node", async () => {
  const result = await squareOnGpu(create([]));
  if (result === undefined) throw new Error(gpuMissing);
  console.log(`Node computes on ${result.adapter}`);
  expect(result.squares).toEqual(squares);
});
