import { fitsMatrixTiles, linearMatrixMemory, matrixSubgroupSize } from "../kernels/linear-matrix.ts";
import { type MatrixUnit, namesOf, type Tier, withOnly } from "./tier.ts";
import type { TierName } from "./tier-report.ts";

/** What a GPU says of itself. */
export interface GpuFacts {
  readonly features: ReadonlySet<string>;
  /** Of WGSL. */
  readonly languageFeatures: ReadonlySet<string>;
  /** Lower case, as WebGPU normalises it; empty when it is not said. */
  readonly vendor: string;
  /** The least and the most threads of a subgroup. */
  readonly subgroupSizes: readonly [number, number];
  readonly matrixConfigurations: readonly MatrixConfiguration[];
  /** Bytes of memory that a workgroup can have. */
  readonly workgroupMemory: number;
}

/** Of Dawn's `subgroupMatrixConfigs`: left [M, K] · right [K, N]. */
export interface MatrixConfiguration {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export interface TierWish {
  readonly precision: "f32" | "fast";
  /** The only ones to use; otherwise those that are known to be faster on such a GPU. */
  readonly tiers?: readonly TierName[] | undefined;
}

/** Makers of GPUs that multiply packed integers in one step. Elsewhere WGSL's functions are there, and take many steps. */
const integerVendors = new Set(["nvidia", "amd", "intel", "qualcomm", "arm"]);

/** What a GPU should be able to do, and what is wanted of that. It is to be tested before it is used. */
export function candidateTier(facts: GpuFacts, { precision, tiers }: TierWish): Tier {
  const { features, languageFeatures, vendor } = facts;
  const able: Tier = {
    subgroups: features.has("subgroups"),
    integers: languageFeatures.has("packed_4x8_integer_dot_product"),
    halfTiles: features.has("shader-f16") && precision === "fast",
    matrix: matrixUnit(facts, precision),
  };
  const names = namesOf(able);
  if (tiers !== undefined) {
    return withOnly(
      able,
      names.filter((name) => tiers.includes(name)),
    );
  }
  return integerVendors.has(vendor) ? able : { ...able, integers: false };
}

/** The matrices to multiply with: exact ones for f32 where there are some, and the larger the better. */
function matrixUnit(facts: GpuFacts, precision: "f32" | "fast"): MatrixUnit | undefined {
  const { features, subgroupSizes, matrixConfigurations, workgroupMemory } = facts;
  const usable = features.has("chromium-experimental-subgroup-matrix") && features.has("subgroups");
  if (!usable || subgroupSizes.some((size) => size !== matrixSubgroupSize)) return undefined;
  const units = matrixConfigurations.flatMap(({ componentType, resultComponentType, M, N, K }): MatrixUnit[] => {
    if (resultComponentType !== "f32") return [];
    const size = { rows: M, columns: N, depth: K };
    if (componentType === "f32") return [{ component: "f32", ...size, split: false }];
    if (componentType !== "f16" || !features.has("shader-f16")) return [];
    return [{ component: "f16", ...size, split: precision === "f32" }];
  });
  const preferred = precision === "f32" ? "f32" : "f16";
  const merit = ({ component, rows, columns, depth }: MatrixUnit) =>
    (component === preferred ? 1e6 : 0) + rows * columns * depth;
  return units
    .filter((unit) => fitsMatrixTiles(unit) && linearMatrixMemory(unit) <= workgroupMemory)
    .sort((left, right) => merit(right) - merit(left))[0];
}
