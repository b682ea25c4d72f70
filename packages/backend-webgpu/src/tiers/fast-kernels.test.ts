import { tensorTypeNames } from "@bayling/core/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { create } from "webgpu";

import { type Kernel, kernelModule } from "../device/kernel.ts";
import { halveRows } from "../kernels/halve-rows.ts";
import type { LinearEpilogue, LinearVariant } from "../kernels/linear.ts";
import { linearMatrix } from "../kernels/linear-matrix.ts";
import { linearTile } from "../kernels/linear-tile.ts";
import { weightLayouts } from "../weights/weight-layouts.ts";

// No software GPU computes with f16 or matrices of subgroups; whether kernels for them are WGSL, Dawn can say without one.
const gpu = create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
let device: GPUDevice;
beforeAll(async () => {
  const features = ["subgroups", "shader-f16", "chromium-experimental-subgroup-matrix"] as GPUFeatureName[];
  device = await (await gpu.requestAdapter())!.requestDevice({ requiredFeatures: features });
});
afterAll(() => device.destroy());

async function expectToCompile(kernel: Kernel): Promise<void> {
  const module = device.createShaderModule({ code: kernelModule(kernel) });
  const { messages } = await module.getCompilationInfo();
  expect(messages.filter(({ type }) => type === "error").map(({ message }) => message)).toEqual([]);
}

const epilogues: readonly LinearEpilogue[] = ["store", "add", "swiglu"];
const variants = epilogues.flatMap((epilogue) =>
  [true, false].flatMap((aligned) =>
    [true, false].filter((bias) => !bias || epilogue !== "swiglu").map((bias) => ({ epilogue, aligned, bias })),
  ),
);

describe.each(tensorTypeNames)("kernels for %s", (type) => {
  const all: LinearVariant[] = variants.map((variant) => ({ layout: weightLayouts[type], ...variant }));

  it("compile for tiles of halves", async () => {
    for (const variant of all) await expectToCompile(linearTile({ ...variant, halves: true }));
  });

  it.each([
    { component: "f16", rows: 16, columns: 16, depth: 16, split: false },
    { component: "f16", rows: 16, columns: 8, depth: 8, split: true },
    { component: "f32", rows: 8, columns: 8, depth: 8, split: false },
  ] as const)("compile for matrices of $component [$rows, $columns, $depth], split: $split", async (unit) => {
    for (const variant of all) await expectToCompile(linearMatrix({ ...variant, unit }));
  });
});

describe("kernels that make halves", () => {
  it.each([1, 2] as const)("compile, %i for each number", async (parts) => {
    for (const aligned of [true, false]) {
      for (const normEpsilon of [undefined, 1e-5]) await expectToCompile(halveRows({ aligned, parts, normEpsilon }));
    }
  });
});
