import { tensorTypeNames } from "@bayling/core/backend";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { expectProduct, type ProductCase } from "../testing/product.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { plainTier } from "../tiers/tier.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

const variants: Omit<ProductCase, "tier" | "bound">[] = [
  { type: "Q4_0", rows: 1, columns: 32, tokens: 1, mode: { tokens: 1 } },
  { type: "Q8_0", rows: 9, columns: 64, tokens: 2, mode: { tokens: 2 }, biased: true },
  { type: "Q4_0", rows: 150, columns: 96, tokens: 3, mode: { tokens: 4 }, epilogue: "add" },
  { type: "Q5_1", rows: 66, columns: 2080, tokens: 1, mode: { tokens: 1 }, epilogue: "swiglu", normed: true },
  { type: "Q4_1", rows: 21, columns: 416, tokens: 2, mode: { tokens: 2 }, epilogue: "store", normed: true },
  { type: "Q6_K", rows: 70, columns: 512, tokens: 4, mode: { tokens: 4 }, epilogue: "swiglu", normed: true },
  { type: "Q2_K", rows: 35, columns: 1280, tokens: 8, mode: { tokens: 8 }, normed: true, biased: true },
  { type: "Q5_0", rows: 34, columns: 352, tokens: 13, mode: { tokens: 8 }, epilogue: "add", biased: true, spread: 0.1 },
  { type: "F32", rows: 11, columns: 70, tokens: 2, mode: { tokens: 2 }, normed: true },
  { type: "F16", rows: 5, columns: 7, tokens: 8, mode: { tokens: 8 }, epilogue: "add" },
  { type: "Q4_0", rows: 8, columns: 4096, tokens: 7, mode: { tokens: 1 }, spread: 1e5 },
];

describe.each([
  { name: "plain", tier: plainTier, bound: 1e-11 },
  { name: "subgroups", tier: { ...plainTier, subgroups: true }, bound: 1e-11 },
  { name: "integers", tier: { ...plainTier, integers: true }, bound: 1e-8 },
])("linearVector, $name", ({ tier, bound }) => {
  it.each(variants)("$type [$rows, $columns] × $tokens $epilogue, norm: $normed, bias: $biased", async (variant) => {
    await expectProduct(context, { ...variant, tier, bound });
  });
});

it.each(tensorTypeNames)("multiplies %s with integers", async (type) => {
  const tier = { ...plainTier, integers: true };
  await expectProduct(context, { type, rows: 10, columns: 768, tokens: 1, mode: { tokens: 1 }, tier, bound: 1e-9 });
});
