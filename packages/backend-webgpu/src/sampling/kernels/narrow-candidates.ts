import type { Kernel } from "../../device/kernel.ts";
import { drawStruct } from "../draw-parameters.ts";
import { groupsOf, type ScoreShape, threads } from "../score-shape.ts";
import { prefixSearchCode } from "./prefix-search.ts";
import { scoreKeyCode, tokenMaskCode } from "./score-key.ts";

/** WGSL: what the best score of a row is, and where top-k and top-p cut. */
export const candidatesStruct: string = `
struct Candidates {
  bestKey: u32,
  leastKey: u32, // tokens with this key belong up to the id, those above it do,
  lastId: u32,
}`;

/**
 * Finds the best score of each row, and which tokens top-k and then top-p leave. Scores so far below the best that they
 * cannot be drawn (29 · temperature is more than Gumbel noise of 32 bits spans) weigh nothing.
 * Workgroups: (rows). Bindings: parameters, scores, masks, groups, listed, candidates [rows].
 */
export function narrowCandidates(shape: ScoreShape): Kernel {
  const groups = groupsOf(shape);
  const code = `
${drawStruct}
${candidatesStruct}
${scoreKeyCode}
${tokenMaskCode}
${prefixSearchCode(shape)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.x;
  let draw = parameters[row];
  let keys = keyRangeOfRow(row, thread);
  var kept = everything;
  if (!isInvalid(keys.x) && draw.temperature > 0.0 && (draw.topK > 0u || draw.topP < 1.0)) {
    let best = keyScore(keys.x);
    splitEvenly(thread, keys.x, min(best - keyScore(keys.y), 29.0 * draw.temperature));
    let byCount = Weighing(false, best, draw.temperature);
    let byHeat = Weighing(true, best, draw.temperature);
    var weighing = byCount;
    var goal = vec2<u32>(draw.topK, 0u);
    if (draw.topK == 0u) {
      weighing = byHeat;
      goal = shareOf(weightOfGroups(row, thread, byHeat), draw.topP);
    }
    let length = listGroups(row, thread, goal, weighing);
    loop {
      kept = searchPrefix(row, thread, length, goal, kept, weighing, keys.x);
      if (weighing.byHeat || draw.topP == 1.0) { break; }
      weighing = byHeat;
      goal = shareOf(weightOfListed(row, thread, length, kept, byHeat), draw.topP);
    }
  }
  if (thread == 0u) { candidates[row] = Candidates(keys.x, kept.key, kept.id); }
}

// What all tokens of the row weigh.
fn weightOfGroups(row: u32, thread: u32, weighing: Weighing) -> vec2<u32> {
  clearBuckets(thread);
  for (var group = thread; group < ${groups}u; group += ${threads}u) {
    let entry = groups[row * ${groups}u + group];
    if (entry.x != 0u) { addToBucket(thread, fixedPoint(bitcast<f32>(entry.y) * heatOf(entry.x, weighing))); }
  }
  return sumOfBuckets(thread);
}`;
  return {
    label: "narrowCandidates",
    bindings: [
      { name: "parameters", type: "array<Draw>", access: "read" },
      { name: "scores", type: "array<u32>", access: "read" },
      { name: "masks", type: "array<u32>", access: "read" },
      { name: "groups", type: "array<vec2<u32>>", access: "read" },
      { name: "listed", type: "array<u32>", access: "read_write" },
      { name: "candidates", type: "array<Candidates>", access: "read_write" },
    ],
    code,
  };
}
