import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { emulatedMatrices } from "../testing/emulated-matrices.ts";
import { expectProduct, type ProductCase } from "../testing/product.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { type MatrixUnit, plainTier } from "../tiers/tier.ts";
import { fitsMatrixTiles } from "./linear-matrix.ts";

// No software GPU has matrices of subgroups.
vi.mock("./matrix-operations.ts", () => ({ subgroupMatrices: emulatedMatrices }));

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

const cases: (Omit<ProductCase, "tier" | "bound" | "mode"> & { readonly unit: MatrixUnit; readonly bound: number })[] =
  [
    {
      ...{ type: "Q4_0", rows: 150, columns: 64, tokens: 70, spread: 0.9 },
      ...{ unit: { component: "f16", rows: 16, columns: 16, depth: 16, split: false }, bound: 1e-6 },
    },
    {
      ...{ type: "Q8_0", rows: 130, columns: 96, tokens: 20, spread: 4, epilogue: "add", biased: true },
      ...{ unit: { component: "f16", rows: 16, columns: 16, depth: 16, split: true }, bound: 1e-11 },
    },
    {
      ...{ type: "Q5_1", rows: 260, columns: 32, tokens: 33, epilogue: "swiglu", normed: true, spread: 0.6 },
      ...{ unit: { component: "f16", rows: 16, columns: 8, depth: 16, split: true }, bound: 1e-10 },
    },
    {
      ...{ type: "F32", rows: 3, columns: 70, tokens: 65, epilogue: "add" },
      ...{ unit: { component: "f16", rows: 16, columns: 16, depth: 8, split: true }, bound: 1e-10 },
    },
    {
      ...{ type: "Q6_K", rows: 129, columns: 256, tokens: 18, normed: true },
      ...{ unit: { component: "f32", rows: 16, columns: 8, depth: 16, split: false }, bound: 1e-11 },
    },
    {
      ...{ type: "F16", rows: 64, columns: 45, tokens: 64, epilogue: "swiglu" },
      ...{ unit: { component: "f32", rows: 16, columns: 16, depth: 8, split: false }, bound: 1e-11 },
    },
  ];

describe("linearMatrix, on emulated matrices", () => {
  it.each(cases)("$type [$rows, $columns] × $tokens $epilogue, $unit", async ({ unit, ...test }) => {
    expect(fitsMatrixTiles(unit)).toBe(true);
    await expectProduct(context, { ...test, mode: "tiled", tier: { ...plainTier, matrix: unit } });
  });
});
