import { describe, expect, it } from "vitest";
import { candidateTier, type GpuFacts, type MatrixConfiguration } from "./candidate-tier.ts";
import { namesOf, plainTier } from "./tier.ts";

const configuration = (componentType: string, M: number, N: number, K: number, resultComponentType = "f32") =>
  ({ componentType, resultComponentType, M, N, K }) satisfies MatrixConfiguration;

const inNode = ["subgroups", "shader-f16", "chromium-experimental-subgroup-matrix"];

/** As Dawn in Node describes a GPU of NVIDIA's with units for matrices. */
const nvidia: GpuFacts = {
  features: new Set(inNode),
  languageFeatures: new Set(["packed_4x8_integer_dot_product"]),
  vendor: "nvidia",
  subgroupSizes: [32, 32],
  matrixConfigurations: [
    configuration("u8", 16, 16, 32, "u32"),
    configuration("f16", 16, 8, 16),
    configuration("f16", 16, 16, 16, "f16"),
    configuration("f16", 16, 16, 16),
  ],
  workgroupMemory: 49152,
};
const apple: GpuFacts = {
  ...{ ...nvidia, vendor: "apple", workgroupMemory: 32768 },
  matrixConfigurations: [configuration("f16", 8, 8, 8), configuration("f32", 8, 8, 8)],
};
const bare: GpuFacts = {
  ...{ features: new Set(), languageFeatures: new Set(), vendor: "", subgroupSizes: [0, 0] },
  ...{ matrixConfigurations: [], workgroupMemory: 16384 },
};
const f32 = { precision: "f32" } as const;
const fast = { precision: "fast" } as const;
const unit16 = { component: "f16", rows: 16, columns: 16, depth: 16 } as const;

describe("the tier that a GPU should be able to do", () => {
  it("is plain where there is nothing else", () => {
    expect(candidateTier(bare, fast)).toEqual(plainTier);
  });

  it("keeps the accuracy of f32 on units for halves, by splitting, unless speed is wanted", () => {
    expect(candidateTier(nvidia, f32)).toEqual({
      ...{ subgroups: true, integers: true, halfTiles: false },
      matrix: { ...unit16, split: true },
    });
    expect(candidateTier(nvidia, fast)).toEqual({
      ...{ subgroups: true, integers: true, halfTiles: true },
      matrix: { ...unit16, split: false },
    });
  });

  it("takes units for f32 where there are some, and integers only where they are fast", () => {
    const size = { rows: 8, columns: 8, depth: 8, split: false };
    expect(candidateTier(apple, f32)).toMatchObject({ integers: false, matrix: { component: "f32", ...size } });
    expect(candidateTier(apple, fast)).toMatchObject({ matrix: { component: "f16", ...size } });
  });

  it("has no units for matrices that do not fit the kernel or the GPU's memory", () => {
    const without: GpuFacts[] = [
      { ...nvidia, features: new Set(["subgroups", "shader-f16"]) },
      { ...nvidia, features: new Set(inNode.slice(1)) },
      { ...nvidia, features: new Set(inNode.filter((name) => name !== "shader-f16")) },
      { ...nvidia, subgroupSizes: [8, 32] },
      { ...nvidia, subgroupSizes: [64, 64] },
      { ...nvidia, workgroupMemory: 32767 },
      { ...nvidia, matrixConfigurations: [configuration("f16", 64, 16, 16), configuration("f16", 16, 16, 32)] },
      { ...nvidia, matrixConfigurations: [configuration("f16", 16, 16, 16, "f16"), configuration("i8", 16, 16, 16)] },
    ];
    for (const facts of without) expect(candidateTier(facts, f32).matrix).toBeUndefined();
  });

  it("has only what was asked for, also where it is slow", () => {
    expect(namesOf(candidateTier(apple, { ...f32, tiers: ["int8"] }))).toEqual(["int8"]);
    expect(namesOf(candidateTier(nvidia, { ...fast, tiers: ["f16", "subgroups"] }))).toEqual(["subgroups", "f16"]);
    expect(candidateTier(nvidia, { ...fast, tiers: [] })).toEqual(plainTier);
    expect(candidateTier(bare, { ...fast, tiers: ["int8", "f16"] })).toEqual(plainTier);
  });
});
