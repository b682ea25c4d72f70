import type { TierName } from "./tier-report.ts";

/** Matrices that a subgroup multiplies at once: [rows, depth] · [depth, columns], as the GPU offers them. */
export interface MatrixUnit {
  readonly component: "f16" | "f32";
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /**
   * For f16: whether both factors are split into two halves, a rounded number and what rounding took away, which gives
   * the accuracy of f32 for three products in place of one.
   */
  readonly split: boolean;
}

/** Which ways of multiplying a plan uses beyond plain f32. */
export interface Tier {
  /** Few rows: sums are joined within subgroups. As exact as without. */
  readonly subgroups: boolean;
  /** Few rows: packed integers, with 16 bits for each number of the input. */
  readonly integers: boolean;
  /** Many rows: tiles of f16, summed in f32. */
  readonly halfTiles: boolean;
  /** Many rows: matrices of subgroups; before `halfTiles`. */
  readonly matrix: MatrixUnit | undefined;
}

/** What every device can. */
export const plainTier: Tier = { subgroups: false, integers: false, halfTiles: false, matrix: undefined };

/** The parts of a tier by their public names. */
const tierParts: Readonly<Record<TierName, keyof Tier>> = {
  subgroups: "subgroups",
  int8: "integers",
  f16: "halfTiles",
  "subgroup-matrix": "matrix",
};

export const tierNames: readonly TierName[] = Object.keys(tierParts) as TierName[];

/** The names of what a tier has. */
export function namesOf(tier: Tier): TierName[] {
  return tierNames.filter((name) => Boolean(tier[tierParts[name]]));
}

/** A tier without some of its parts. */
export function withOnly(tier: Tier, names: readonly TierName[]): Tier {
  const parts = names.map((name) => [tierParts[name], tier[tierParts[name]]]);
  return { ...plainTier, ...Object.fromEntries(parts) };
}

/** How many halves each number of the input becomes for products of many rows; 0 where they read f32. */
export function inputHalves({ matrix, halfTiles }: Tier): 0 | 1 | 2 {
  if (matrix === undefined) return halfTiles ? 1 : 0;
  if (matrix.component === "f32") return 0;
  return matrix.split ? 2 : 1;
}
