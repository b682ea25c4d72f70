import type { Kernel } from "../../device/kernel.ts";
import { rowStruct } from "../../plan/batch-state.ts";
import { chunksOf, type ScoreShape, threads } from "../score-shape.ts";
import { bestTokenCode } from "./best-token.ts";
import { scoreKeyCode } from "./score-key.ts";

export interface FinishDrawShape extends ScoreShape {
  readonly maxRows: number;
  readonly maxSteps: number;
}

/**
 * The best of all chunks becomes the token of its row: `drawn` [maxSteps, maxRows] gets it, and the row's state moves
 * on to it. Where nothing could be drawn, `drawn` says why and the row goes on with token 0, which is harmless.
 * Workgroups: (rows). Bindings: chunkBests, rows, drawn.
 */
export function finishDraw(shape: FinishDrawShape): Kernel {
  const code = `
${rowStruct}
${scoreKeyCode}
${bestTokenCode}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.x;
  var best = vec2<u32>(0u, 0xffffffffu);
  for (var chunk = thread; chunk < ${chunksOf(shape)}u; chunk += ${threads}u) {
    best = bestTokenOf(best, chunkBests[row * ${chunksOf(shape)}u + chunk]);
  }
  best = bestToken(thread, best);
  if (thread == 0u) {
    let step = rows[row].drawn;
    if (step < ${shape.maxSteps}u) { drawn[step * ${shape.maxRows}u + row] = best.y; }
    rows[row].token = select(0u, best.y, best.y < ${shape.vocabularySize}u);
    rows[row].position += 1u;
    rows[row].drawn = step + 1u;
  }
}`;
  return {
    label: "finishDraw",
    bindings: [
      { name: "chunkBests", type: "array<vec2<u32>>", access: "read" },
      { name: "rows", type: "array<Row>", access: "read_write" },
      { name: "drawn", type: "array<u32>", access: "read_write" },
    ],
    code,
  };
}
