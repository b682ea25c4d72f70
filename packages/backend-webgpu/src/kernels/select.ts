import type { Kernel } from "../device/kernel.ts";

const threads = 64;

export function selectWorkgroups(width: number): number {
  return Math.ceil(width / threads);
}

/**
 * output[o] = input[outputRows[o]]: the rows whose scores are wanted. Both have the same stride. Workgroups:
 * (selectWorkgroups(stride), outputs). Bindings: input, `outputRows`, output.
 */
export function select(stride: number): Kernel {
  const code = `
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= ${stride}u) { return; }
  output[id.y * ${stride}u + id.x] = input[outputRows[id.y] * ${stride}u + id.x];
}`;
  return {
    label: "select",
    bindings: [
      { name: "input", type: "array<f32>", access: "read" },
      { name: "outputRows", type: "array<u32>", access: "read" },
      { name: "output", type: "array<f32>", access: "read_write" },
    ],
    code,
  };
}
