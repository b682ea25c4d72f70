import type { Kernel } from "../../device/kernel.ts";
import { chunkSize, type ScoreShape, threads } from "../score-shape.ts";
import { tokenMaskCode } from "./score-key.ts";

/**
 * Scores of forbidden tokens become −Infinity, in place. Workgroups: (chunks, rows). Bindings: masks, scores.
 */
export function maskScores({ vocabularySize, scoreStride }: ScoreShape): Kernel {
  const code = `
${tokenMaskCode}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * ${chunkSize}u + thread;
  for (var id = first; id < min(first + ${chunkSize}u, ${vocabularySize}u); id += ${threads}u) {
    if (!isAllowed(group.y, id)) { scores[group.y * ${scoreStride}u + id] = 0xff800000u; }
  }
}`;
  return {
    label: "maskScores",
    bindings: [
      { name: "masks", type: "array<u32>", access: "read" },
      { name: "scores", type: "array<u32>", access: "read_write" },
    ],
    code,
  };
}
