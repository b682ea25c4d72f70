import type { Kernel } from "../device/kernel.ts";

const threads = 64;

/**
 * Copies whole pages of a layer's keys and values: pair i of `pages` says from where and to where. WebGPU cannot copy
 * within one buffer. Bindings: `pages`, keys, values. Workgroups: {@link copyPagesWorkgroups}.
 * @param words 32-bit words of one page
 */
export function copyPages(words: number): Kernel {
  const code = `
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= ${words}u) { return; }
  let fromWord = pages[id.y].x * ${words}u + id.x;
  let toWord = pages[id.y].y * ${words}u + id.x;
  keyCache[toWord] = keyCache[fromWord];
  valueCache[toWord] = valueCache[fromWord];
}`;
  return {
    label: "copyPages",
    bindings: [
      { name: "pages", type: "array<vec2<u32>>", access: "read" },
      { name: "keyCache", type: "array<u32>", access: "read_write" },
      { name: "valueCache", type: "array<u32>", access: "read_write" },
    ],
    code,
  };
}

export function copyPagesWorkgroups(words: number, pairs: number): [number, number, number] {
  return [Math.ceil(words / threads), pairs, 1];
}
