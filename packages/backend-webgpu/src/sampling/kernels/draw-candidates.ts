import type { Kernel } from "../../device/kernel.ts";
import { rowStruct } from "../../plan/batch-state.ts";
import { drawStruct } from "../draw-parameters.ts";
import { chunkSize, chunksOf, groupSize, groupsOf, type ScoreShape, threads } from "../score-shape.ts";
import { bestTokenCode } from "./best-token.ts";
import { gumbelCode } from "./gumbel.ts";
import { candidatesStruct } from "./narrow-candidates.ts";
import { scoreKeyCode, tokenMaskCode } from "./score-key.ts";

/**
 * Draws from each chunk of a row by Gumbel-max: noise differs by less than 27 between tokens, so what is further below
 * the best need not be looked at. Workgroups: (chunks, rows). Bindings: parameters, rows, scores, masks, groups,
 * candidates, chunkBests [rows, chunks] of (key, token or what is wrong), for `finishDraw`.
 */
export function drawCandidates(shape: ScoreShape): Kernel {
  const { vocabularySize, scoreStride } = shape;
  const code = `
${rowStruct}
${drawStruct}
${candidatesStruct}
${scoreKeyCode}
${tokenMaskCode}
${bestTokenCode}
${gumbelCode}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.y;
  let draw = parameters[row];
  let kept = candidates[row];
  var best = vec2<u32>(kept.bestKey, 0xffffffffu);
  if (!isInvalid(kept.bestKey)) {
    let bestScore = keyScore(kept.bestKey);
    let leastLogHeat = max(draw.leastLogHeat, -27.0);
    let stream = hash(draw.seed, rows[row].position + 1u);
    let first = group.x * ${chunkSize}u + thread;
    best = vec2<u32>(0u, 0xffffffffu);
    for (var id = first; id < min(first + ${chunkSize}u, ${vocabularySize}u); id += ${threads}u) {
      let groupKey = groups[row * ${groupsOf(shape)}u + id / ${groupSize}u].x;
      if (groupKey < kept.leastKey || logHeat(groupKey, bestScore, draw.temperature) < leastLogHeat) { continue; }
      let key = scoreKey(scores[row * ${scoreStride}u + id]);
      if (key < kept.leastKey || (key == kept.leastKey && id > kept.lastId) || !isAllowed(row, id)) { continue; }
      let heat = logHeat(key, bestScore, draw.temperature);
      if (heat < leastLogHeat) { continue; }
      var noisy = heat;
      if (draw.temperature > 0.0) { noisy += gumbel(hash(stream, id)); }
      best = bestTokenOf(best, vec2<u32>(scoreKey(bitcast<u32>(noisy)), id));
    }
  }
  best = bestToken(thread, best);
  if (thread == 0u) { chunkBests[row * ${chunksOf(shape)}u + group.x] = vec2<u32>(best.x, drawnWord(best)); }
}

// The logarithm of how much less probable a token is than the best.
fn logHeat(key: u32, bestScore: f32, temperature: f32) -> f32 {
  if (temperature == 0.0) { return select(-1e9, 0.0, keyScore(key) == bestScore); }
  return max((keyScore(key) - bestScore) / temperature, -1e9);
}`;
  return {
    label: "drawCandidates",
    bindings: [
      { name: "parameters", type: "array<Draw>", access: "read" },
      { name: "rows", type: "array<Row>", access: "read" },
      { name: "scores", type: "array<u32>", access: "read" },
      { name: "masks", type: "array<u32>", access: "read" },
      { name: "groups", type: "array<vec2<u32>>", access: "read" },
      { name: "candidates", type: "array<Candidates>", access: "read" },
      { name: "chunkBests", type: "array<vec2<u32>>", access: "read_write" },
    ],
    code,
  };
}
