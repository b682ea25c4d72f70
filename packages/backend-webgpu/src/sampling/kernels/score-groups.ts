import type { Kernel, KernelBinding } from "../../device/kernel.ts";
import { drawStruct } from "../draw-parameters.ts";
import { chunkSize, groupSize, groupsOf, type ScoreShape, threads } from "../score-shape.ts";
import { scoreKeyCode, tokenMaskCode } from "./score-key.ts";

/**
 * For every group of tokens the key of its best allowed score, NaN also of one that is not allowed. With `parameters`
 * also, for rows that need it, Σ exp((score − best) / temperature). Workgroups: (chunks, rows).
 * Bindings: `parameters` if asked for, scores, masks, groups [rows, groups] of (key, bits of the sum).
 */
export function scoreGroups(shape: ScoreShape & { readonly parameters: boolean }): Kernel {
  const { vocabularySize, scoreStride, parameters } = shape;
  const perThread = chunkSize / threads;
  const partsOfGroup = groupSize / perThread;
  const masses = `
  let draw = parameters[row];
  if (draw.temperature == 0.0 || draw.topK != 0u || draw.topP == 1.0) { return; }
  workgroupBarrier();
  var sum = 0.0;
  if (!isInvalid(best)) {
    for (var i = 0u; i < ${perThread}u; i++) {
      if (own[i] != 0u) { sum += exp(max((keyScore(own[i]) - keyScore(best)) / draw.temperature, -1e4)); }
    }
  }
  parts[thread] = bitcast<u32>(sum);
  workgroupBarrier();
  if (thread % ${partsOfGroup}u == 0u && index < ${groupsOf(shape)}u) {
    for (var i = 1u; i < ${partsOfGroup}u; i++) { sum += bitcast<f32>(parts[thread + i]); }
    groups[row * ${groupsOf(shape)}u + index].y = bitcast<u32>(sum);
  }`;
  const code = `
${parameters ? drawStruct : ""}
${scoreKeyCode}
${tokenMaskCode}

var<workgroup> parts: array<u32, ${threads}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.y;
  let first = group.x * ${chunkSize}u + thread * ${perThread}u;
  var own: array<u32, ${perThread}>;
  var best = 0u;
  for (var i = 0u; i < ${perThread}u; i++) {
    let id = first + i;
    if (id >= ${vocabularySize}u) { break; }
    let key = scoreKey(scores[row * ${scoreStride}u + id]);
    if (key == nanKey || isAllowed(row, id)) { own[i] = key; }
    best = max(best, own[i]);
  }
  parts[thread] = best;
  workgroupBarrier();
  let leader = thread - thread % ${partsOfGroup}u;
  for (var i = 0u; i < ${partsOfGroup}u; i++) { best = max(best, parts[leader + i]); }
  let index = first / ${groupSize}u;
  if (thread == leader && index < ${groupsOf(shape)}u) { groups[row * ${groupsOf(shape)}u + index].x = best; }
${parameters ? masses : ""}
}`;
  const bindings: readonly KernelBinding[] = [
    { name: "scores", type: "array<u32>", access: "read" },
    { name: "masks", type: "array<u32>", access: "read" },
    { name: "groups", type: "array<vec2<u32>>", access: "read_write" },
  ];
  return {
    label: `scoreGroups${parameters ? " with sums" : ""}`,
    bindings: parameters ? [{ name: "parameters", type: "array<Draw>", access: "read" }, ...bindings] : bindings,
    code,
  };
}
