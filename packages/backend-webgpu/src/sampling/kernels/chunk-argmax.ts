import type { Kernel } from "../../device/kernel.ts";
import { chunkSize, chunksOf, type ScoreShape, threads } from "../score-shape.ts";
import { bestTokenCode } from "./best-token.ts";
import { scoreKeyCode } from "./score-key.ts";

/**
 * The best token of every chunk of a row: what greedy choice needs, with {@link finishDraw} after it.
 * Workgroups: (chunks, rows). Bindings: scores, chunkBests [rows, chunks] of (key, token or what is wrong).
 */
export function chunkArgmax(shape: ScoreShape): Kernel {
  const code = `
${scoreKeyCode}
${bestTokenCode}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * ${chunkSize}u + thread;
  var best = vec2<u32>(0u, 0xffffffffu);
  for (var id = first; id < min(first + ${chunkSize}u, ${shape.vocabularySize}u); id += ${threads}u) {
    best = bestTokenOf(best, vec2<u32>(scoreKey(scores[group.y * ${shape.scoreStride}u + id]), id));
  }
  best = bestToken(thread, best);
  if (thread == 0u) { chunkBests[group.y * ${chunksOf(shape)}u + group.x] = vec2<u32>(best.x, drawnWord(best)); }
}`;
  return {
    label: "chunkArgmax",
    bindings: [
      { name: "scores", type: "array<u32>", access: "read" },
      { name: "chunkBests", type: "array<vec2<u32>>", access: "read_write" },
    ],
    code,
  };
}
