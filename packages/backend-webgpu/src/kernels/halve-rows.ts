import type { Kernel, KernelBinding } from "../device/kernel.ts";
import { float } from "../device/wgsl.ts";
import { unitSize } from "../weights/weight-layout.ts";
import { linearSizeBinding, linearSizeStruct, rowReader, rowsBinding } from "./linear.ts";

export interface HalvedRowsVariant {
  readonly aligned: boolean;
  /** How many halves each number becomes: with two, the second is what rounding to the first took away. */
  readonly parts: 1 | 2;
  /** Normalises each row first (root mean square, this epsilon), with a buffer `norm` [columns]. */
  readonly normEpsilon?: number | undefined;
}

const threads = 256;

/**
 * Halves have few exponents: a row is multiplied with a power of two that brings its largest number just below 2^14, and
 * weights with one that keeps common ones, and what rounding takes from them, away from the smallest halves.
 */
const largestExponent = 14;
const weightExponent = 4;

/** What weights are multiplied with when they become halves. */
export const halfWeightFactor: number = 2 ** weightExponent;

/** Bytes of rows of halves; [tokens, units, parts, 32]. */
export function halvedRowsBytes(tokens: number, stride: number, parts: 1 | 2): number {
  return tokens * Math.ceil(stride / unitSize) * unitSize * 2 * parts;
}

/** The bindings of a kernel that reads rows of halves. */
export function halvedRowsBindings(type: "array<vec2<u32>>" | "array<vec4<u32>>"): KernelBinding[] {
  return [
    { name: "halves", type, access: "read" },
    { name: "factors", type: "array<f32>", access: "read" },
  ];
}

/**
 * Rows as halves, [tokens, units, parts, 32], and what products of a row with weights times {@link halfWeightFactor}
 * have to be multiplied with, [tokens]. A workgroup a row. Bindings: input, `norm` if asked for, halves, factors, the size.
 */
export function halveRows({ aligned, parts, normEpsilon }: HalvedRowsVariant): Kernel {
  const normed = normEpsilon !== undefined;
  const value = normed ? "inputAt(token, k) * normAt(0u, k)" : "inputAt(token, k)";
  const code = `
${linearSizeStruct}
${rowReader("input", "size.inputStride", aligned)}
${normed ? rowReader("norm", "0u", aligned) : ""}
var<workgroup> partial: array<vec2<f32>, ${threads}>;

fn halvesOf(v: vec4<f32>) -> vec2<u32> { return vec2<u32>(pack2x16float(v.xy), pack2x16float(v.zw)); }

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = group.x;
  let quads = size.units * 8u;
  // The sum of squares, and the largest magnitude.
  var found = vec2<f32>();
  for (var k = thread; k < quads; k += ${threads}u) {
    let x = ${normed ? "inputAt(token, k)" : "vec4<f32>()"};
    let v = abs(${value});
    found = vec2<f32>(found.x + dot(x, x), max(found.y, max(max(v.x, v.y), max(v.z, v.w))));
  }
  partial[thread] = found;
  for (var half = ${threads / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (thread < half) {
      let other = partial[thread + half];
      partial[thread] = vec2<f32>(partial[thread].x + other.x, max(partial[thread].y, other.y));
    }
  }
  workgroupBarrier();
  let scale = ${normed ? `inverseSqrt(partial[0].x / f32(size.columns) + ${float(normEpsilon)})` : "1.0"};
  let exponent = bitcast<u32>(partial[0].y * scale) >> 23u;
  let factor = scale * bitcast<f32>((${2 * 127 + largestExponent - 1}u - clamp(exponent, 13u, 254u)) << 23u);
  if (thread == 0u) {
    factors[token] = bitcast<f32>((clamp(exponent, ${largestExponent + weightExponent}u, 254u) - ${largestExponent + weightExponent - 1}u) << 23u);
  }
  for (var k = thread; k < quads; k += ${threads}u) {
    let v = ${value} * factor;
    let at = (token * size.units + k / 8u) * ${8 * parts}u + k % 8u;
    let first = halvesOf(v);
    halves[at] = first;${
      parts === 2
        ? `
    halves[at + 8u] = halvesOf(v - vec4<f32>(unpack2x16float(first.x), unpack2x16float(first.y)));`
        : ""
    }
  }
}`;
  return {
    label: `halve rows${normed ? " norm" : ""}${parts === 2 ? " ×2" : ""}`,
    bindings: [
      rowsBinding("input", { aligned }),
      ...(normed ? [rowsBinding("norm", { aligned })] : []),
      { name: "halves", type: "array<vec2<u32>>", access: "read_write" },
      { name: "factors", type: "array<f32>", access: "read_write" },
      linearSizeBinding,
    ],
    code,
  };
}
