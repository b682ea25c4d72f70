import type { Kernel } from "../device/kernel.ts";
import { float } from "../device/wgsl.ts";

export interface RmsNormShape {
  /** Elements that are normalised together: a whole row, or each head. */
  readonly groupSize: number;
  readonly epsilon: number;
  /** Elements from one row to the next. */
  readonly inputStride: number;
  readonly outputStride: number;
  /** Whether input and output are the same buffer, which can be bound only once. */
  readonly inPlace: boolean;
}

const threads = 64;

/**
 * output = input / sqrt(mean(input²) + epsilon) · weight, over groups. Workgroups: (groups a row, rows). Bindings: input
 * (unless in place), weight [groupSize], output.
 */
export function rmsNorm({ groupSize, epsilon, inputStride, outputStride, inPlace }: RmsNormShape): Kernel {
  const code = `
var<workgroup> partial: array<f32, ${threads}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let inputStart = group.y * ${inputStride}u + group.x * ${groupSize}u;
  let outputStart = group.y * ${outputStride}u + group.x * ${groupSize}u;
  var sum = 0.0;
  for (var i = thread; i < ${groupSize}u; i += ${threads}u) {
    let x = ${inPlace ? "output" : "input"}[inputStart + i];
    sum += x * x;
  }
  partial[thread] = sum;
  for (var half = ${threads / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (thread < half) { partial[thread] += partial[thread + half]; }
  }
  workgroupBarrier();
  let scale = inverseSqrt(partial[0] / ${groupSize}.0 + ${float(epsilon)});
  for (var i = thread; i < ${groupSize}u; i += ${threads}u) {
    output[outputStart + i] = ${inPlace ? "output" : "input"}[inputStart + i] * scale * weight[i];
  }
}`;
  return {
    label: `rmsNorm ${groupSize}`,
    bindings: [
      ...(inPlace ? [] : [{ name: "input", type: "array<f32>", access: "read" } as const]),
      { name: "weight", type: "array<f32>", access: "read" },
      { name: "output", type: "array<f32>", access: "read_write" },
    ],
    code,
  };
}
