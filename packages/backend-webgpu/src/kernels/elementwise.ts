import type { Kernel } from "../device/kernel.ts";

const threads = 256;
const maxWorkgroups = 65535;

export function elementwiseWorkgroups(length: number): [number, number, number] {
  const groups = Math.ceil(length / threads);
  return [Math.min(groups, maxWorkgroups), Math.ceil(groups / maxWorkgroups), 1];
}

/**
 * output[i] = an expression `a`, `b` of left[i] and right[i], for i < the first number of a uniform times `width`.
 * `aliased` says which inputs are the output's own buffer, which can be bound only once. Bindings: left and right (unless
 * aliased), output, uniform.
 */
export function elementwise(
  name: string,
  expression: string,
  aliased: { readonly left: boolean; readonly right: boolean },
  width = 1,
): Kernel {
  const code = `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + thread;
  if (i >= batch.x * ${width}u) { return; }
  let a = ${aliased.left ? "output" : "left"}[i];
  let b = ${aliased.right ? "output" : "right"}[i];
  output[i] = ${expression};
}`;
  return {
    label: name,
    bindings: [
      ...(aliased.left ? [] : [{ name: "left", type: "array<f32>", access: "read" } as const]),
      ...(aliased.right ? [] : [{ name: "right", type: "array<f32>", access: "read" } as const]),
      { name: "output", type: "array<f32>", access: "read_write" },
      { name: "batch", type: "vec4<u32>", access: "uniform" },
    ],
    code,
  };
}

export const addExpression = "a + b";
/** Beyond 80 the sigmoid is 0 in f32 anyway; an infinite `exp` is what WGSL leaves open. */
export const swigluExpression = "a / (1.0 + exp(min(-a, 80.0))) * b";
