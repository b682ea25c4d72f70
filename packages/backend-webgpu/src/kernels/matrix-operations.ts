import type { MatrixUnit } from "../tiers/tier.ts";

/** Memory that matrices are loaded from: rows of vectors of four, with a distance from one row to the next. */
export interface MatrixMemory {
  readonly name: string;
  /** In vectors. */
  readonly stride: number;
}

/** Memory that sums are stored to: numbers, one row after the other. */
export interface SumMemory {
  readonly name: string;
  /** In numbers. */
  readonly stride: number;
}

/** WGSL with which a kernel works on matrices, whatever they are made of. */
export interface MatrixOperations {
  readonly enables: readonly string[];
  /**
   * Types `Left`, `Right`, `Sum` and `Quad` (four components), and functions:
   * `quadOf(vec4<f32>) -> Quad`, `floatsOf(Quad) -> vec4<f32>`, `quadOfHalves(vec2<u32>) -> Quad`;
   * `loadLeft(at) -> Left` and `loadRight(at) -> Right`, from rows that begin at vector `at`;
   * `multiply(Left, Right, Sum, lane) -> Sum`; `storeSum(at, Sum, lane)`, to number `at` on. `lane` is the number of the
   * thread within its subgroup.
   */
  code(left: MatrixMemory, right: MatrixMemory, sums: SumMemory): string;
}

/** By the matrices of subgroups, an extension of WGSL that Dawn has behind a switch. */
export function subgroupMatrices({ component, rows, columns, depth }: MatrixUnit): MatrixOperations {
  const half = component === "f16";
  // What subgroups do depends on the number of a thread, and a compiler cannot know that it is one for all of a subgroup.
  const anyway = "@diagnostic(off, chromium.subgroup_matrix_uniformity)";
  return {
    enables: ["subgroups", ...(half ? ["f16"] : []), "chromium_experimental_subgroup_matrix"],
    code: (left, right, sums) => `
alias Left = subgroup_matrix_left<${component}, ${depth}, ${rows}>;
alias Right = subgroup_matrix_right<${component}, ${columns}, ${depth}>;
alias Sum = subgroup_matrix_result<f32, ${columns}, ${rows}>;
alias Quad = vec4<${component}>;
fn quadOf(v: vec4<f32>) -> Quad { return Quad(v); }
fn floatsOf(q: Quad) -> vec4<f32> { return vec4<f32>(q); }
${half ? "fn quadOfHalves(words: vec2<u32>) -> Quad { return bitcast<Quad>(words); }" : ""}
${anyway} fn loadLeft(at: u32) -> Left { return subgroupMatrixLoad<Left, row_major>(&${left.name}, at, ${left.stride}u); }
${anyway} fn loadRight(at: u32) -> Right { return subgroupMatrixLoad<Right, col_major>(&${right.name}, at, ${right.stride}u); }
${anyway} fn multiply(a: Left, b: Right, sum: Sum, lane: u32) -> Sum { return subgroupMatrixMultiplyAccumulate(a, b, sum); }
${anyway} fn storeSum(at: u32, sum: Sum, lane: u32) { subgroupMatrixStore<row_major>(&${sums.name}, at, sum, ${sums.stride}u); }`,
  };
}
