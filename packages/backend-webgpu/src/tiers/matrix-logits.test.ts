import type { LoadedModel, LoadOptions } from "@bayling/core/backend";
import { afterAll, expect, it, vi } from "vitest";
import { GpuProvider } from "../device/gpu.ts";
import { GpuContext } from "../device/gpu-context.ts";
import { emulatedMatrices } from "../testing/emulated-matrices.ts";
import { evaluateFile, readGolden } from "../testing/golden-logits.ts";
import { openTestModel } from "../testing/open-test-model.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { normalisedError } from "./normalised-error.ts";
import { type MatrixUnit, plainTier } from "./tier.ts";

// No software GPU has matrices of subgroups.
vi.mock("../kernels/matrix-operations.ts", () => ({ subgroupMatrices: emulatedMatrices }));

const provider = new GpuProvider({});
afterAll(async () => (await provider.get()).device.destroy());

const golden = readGolden("quantized");

it.skipIf(golden === undefined).each([
  { split: true, bound: 1e-7 },
  { split: false, bound: 1e-4 },
])("logits of a model with products on matrices of halves, split: $split", { timeout: 300_000 }, async (test) => {
  const { split, bound } = test;
  const unit: MatrixUnit = { component: "f16", rows: 16, columns: 16, depth: 16, split };
  const { tokens, positions, files } = golden!;
  const tier = { ...plainTier, matrix: unit };
  const backend = {
    doLoad: async (loaded: LoadedModel, options: LoadOptions) =>
      (await openTestModel(new GpuContext(await provider.get()), loaded, { ...options, tier })).model,
  };
  const { whole } = await evaluateFile(backend, sharedFixture("fixtures/quantized/q4_0.gguf")!, tokens, 0);
  const errors = positions.map((at, index) => normalisedError(whole[at]!, files["q4_0.gguf"]![index]!));
  expect(Math.max(...errors)).toBeLessThan(bound);
  if (!split) expect(Math.max(...errors)).toBeGreaterThan(1e-9); // or else it ran on something else
});
