/**
 * A way of multiplying beyond plain f32, where the GPU has it:
 * - `subgroups`: threads exchange sums without memory
 * - `int8`: products of a few rows on packed integers, the input rounded to 16 bits
 * - `f16`: products of many rows on halves, summed in f32; only with `precision: "fast"`
 * - `subgroup-matrix`: products of many rows on the units for matrices; in Node only
 */
export type TierName = "subgroups" | "int8" | "f16" | "subgroup-matrix";

/** How a GPU multiplies. */
export interface TierReport {
  /** What a person calls the GPU. */
  readonly gpu: string;
  readonly used: readonly TierName[];
  /** What the GPU says it has, and did wrong when it was tested. */
  readonly leftOut: readonly { readonly name: TierName; readonly reason: string }[];
  /** What the test took; for a GPU that was tested before, what it took then. */
  readonly milliseconds: number;
}
