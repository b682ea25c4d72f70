import type { MatrixMemory, MatrixOperations, SumMemory } from "../kernels/matrix-operations.ts";
import type { MatrixUnit } from "../tiers/tier.ts";

const lanes = 32;

/**
 * What matrices of subgroups do, written in plain WGSL: a factor is where it lies in workgroup memory, and every lane has
 * its share of the sums. So a kernel can be tested on a GPU that has no such matrices, nor f16.
 */
export function emulatedMatrices({ component, rows, columns, depth }: MatrixUnit): MatrixOperations {
  const half = component === "f16";
  const share = (rows * columns) / lanes;
  return {
    enables: [],
    code: (left: MatrixMemory, right: MatrixMemory, sums: SumMemory) => `
alias Left = u32;
alias Right = u32;
alias Sum = array<f32, ${share}>;
alias Quad = ${half ? "vec2<u32>" : "vec4<f32>"};
fn quadOf(v: vec4<f32>) -> Quad { return ${half ? "Quad(pack2x16float(v.xy), pack2x16float(v.zw))" : "v"}; }
fn floatsOf(q: Quad) -> vec4<f32> { return ${half ? "vec4<f32>(unpack2x16float(q.x), unpack2x16float(q.y))" : "q"}; }
fn quadOfHalves(words: vec2<u32>) -> vec2<u32> { return words; }
fn loadLeft(at: u32) -> Left { return at; }
fn loadRight(at: u32) -> Right { return at; }
fn multiply(a: Left, b: Right, sum: Sum, lane: u32) -> Sum {
  var result = sum;
  for (var i = 0u; i < ${share}u; i++) {
    let element = lane + i * ${lanes}u;
    for (var k = 0u; k < ${depth / 4}u; k++) {
      let x = floatsOf(${left.name}[a + element / ${columns}u * ${left.stride}u + k]);
      result[i] += dot(x, floatsOf(${right.name}[b + element % ${columns}u * ${right.stride}u + k]));
    }
  }
  return result;
}
fn storeSum(at: u32, sum: Sum, lane: u32) {
  var values = sum;
  for (var i = 0u; i < ${share}u; i++) {
    let element = lane + i * ${lanes}u;
    ${sums.name}[at + element / ${columns}u * ${sums.stride}u + element % ${columns}u] = values[i];
  }
}`,
  };
}
