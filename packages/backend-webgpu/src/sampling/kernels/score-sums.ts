import type { Kernel } from "../../device/kernel.ts";
import { chunkSize, chunksOf, type ScoreShape, threads } from "../score-shape.ts";
import { naturalLogCode } from "./natural-log.ts";
import { reduction } from "./reduction.ts";
import { scoreKeyCode } from "./score-key.ts";

/**
 * For every chunk of a row its largest score (as a key) and Σ exp(score − largest): the parts of a log-softmax, which
 * {@link logSumCode} puts together. Workgroups: (chunks, rows). Bindings: scores, sums [rows, chunks] of (key, bits).
 */
export function scoreSums(shape: ScoreShape): Kernel {
  const perThread = chunkSize / threads;
  const code = `
${scoreKeyCode}

${reduction("maximum", "u32", "max(a, b)")}
${reduction("total", "f32", "a + b")}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * ${chunkSize}u + thread;
  var own: array<u32, ${perThread}>;
  var best = 0u;
  for (var i = 0u; i < ${perThread}u; i++) {
    let id = first + i * ${threads}u;
    if (id < ${shape.vocabularySize}u) { own[i] = scoreKey(scores[group.y * ${shape.scoreStride}u + id]); }
    best = max(best, own[i]);
  }
  best = maximum(thread, best);
  var sum = 0.0;
  if (!isInvalid(best)) {
    for (var i = 0u; i < ${perThread}u; i++) {
      if (own[i] != 0u) { sum += exp(keyScore(own[i]) - keyScore(best)); }
    }
  }
  sum = total(thread, sum);
  if (thread == 0u) { sums[group.y * ${chunksOf(shape)}u + group.x] = vec2<u32>(best, bitcast<u32>(sum)); }
}`;
  return {
    label: "scoreSums",
    bindings: [
      { name: "scores", type: "array<u32>", access: "read" },
      { name: "sums", type: "array<vec2<u32>>", access: "read_write" },
    ],
    code,
  };
}

/**
 * WGSL: `logSum(row, thread)` from a binding `sums`. ln Σ exp(scores) is `best + logSum`, kept apart because together
 * they would lose digits; where it is no finite number, `key` is 0, +Infinity's or NaN's. Every thread must come by.
 * Needs {@link scoreKeyCode}.
 */
export function logSumCode(shape: ScoreShape): string {
  const chunks = chunksOf(shape);
  return `
${naturalLogCode}

struct LogSum { key: u32, best: f32, logSum: f32 }

${reduction("sumKey", "u32", "max(a, b)")}
${reduction("sumOfParts", "f32", "a + b")}

fn logSum(row: u32, thread: u32) -> LogSum {
  var key = 0u;
  for (var chunk = thread; chunk < ${chunks}u; chunk += ${threads}u) { key = max(key, sums[row * ${chunks}u + chunk].x); }
  key = sumKey(thread, key);
  let best = keyScore(key);
  var sum = 0.0;
  if (!isInvalid(key)) {
    for (var chunk = thread; chunk < ${chunks}u; chunk += ${threads}u) {
      let part = sums[row * ${chunks}u + chunk];
      if (part.x != 0u) { sum += bitcast<f32>(part.y) * exp(keyScore(part.x) - best); }
    }
  }
  return LogSum(key, best, naturalLog(max(sumOfParts(thread, sum), 1.0)));
}`;
}
