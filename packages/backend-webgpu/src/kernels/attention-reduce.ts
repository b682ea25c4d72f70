import type { Kernel } from "../device/kernel.ts";
import { range } from "../device/wgsl.ts";
import { rowStruct } from "../plan/batch-state.ts";
import { type AttentionShape, attentionLayout, decayCode, lowestScore } from "./attention-shape.ts";
import { spanCode } from "./attention-span.ts";

/** At least as many as a row can have splits. */
const threads = 256;
const peaks = 16;
/** Splits that a thread has on their way at once. */
const unrolled = 4;

/** At most 65535 rows. */
export function attentionReduceWorkgroups({ heads }: AttentionShape, rows: number): [number, number, number] {
  return [heads, rows, 1];
}

/**
 * Joins the splits of each row and head: output = Σ_s e^(maximum_s − maximum) · values_s / Σ_s e^(maximum_s − maximum) ·
 * sum_s. Workgroups: {@link attentionReduceWorkgroups}. Bindings: `rows`, `partials` of `attentionSplit`, `output`
 * [rows, outputStride].
 */
export function attentionReduce(shape: AttentionShape): Kernel {
  const { heads, headSize, outputStride } = shape;
  const { type, width, parts } = attentionLayout(shape);
  const slots = Math.floor(threads / parts);
  const code = `
${rowStruct}
${spanCode(shape)}
${decayCode("f32")}
const parts = ${parts}u;
var<workgroup> splitMaxima: array<f32, ${threads}>;
var<workgroup> splitTotals: array<f32, ${threads}>;
var<workgroup> peaks: array<f32, ${peaks}>;
var<workgroup> sums: array<${type}, ${threads}>;
var<workgroup> totals: array<f32, ${threads}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let head = group.x;
  let row = group.y;
  let splits = spanOf(rows[row].position).splits;
  if (thread < splits) {
    let split = partials[partialAt(row, head, thread)];
    splitMaxima[thread] = split.x;
    splitTotals[thread] = split.y;
  }
  workgroupBarrier();
  if (thread < ${peaks}u) {
    var peak = ${lowestScore};
    for (var split = thread; split < splits; split += ${peaks}u) { peak = max(peak, splitMaxima[split]); }
    peaks[thread] = peak;
  }
  workgroupBarrier();
  var best = ${lowestScore};
  for (var i = 0u; i < ${peaks}u; i++) { best = max(best, peaks[i]); }
  let part = thread % parts;
  let slot = thread / parts;
  var sum = ${type}();
  var total = 0.0;
  if (slot < ${slots}u) {
    for (var first = slot; first < splits; first += ${slots * unrolled}u) {
${range(unrolled)
  .map(
    (u) => `      let split${u} = first + ${u * slots}u;
      var values${u} = ${type}();
      if (split${u} < splits) { values${u} = partials[partialAt(row, head, split${u}) + 1u + part]; }`,
  )
  .join("\n")}
${range(unrolled)
  .map(
    (u) => `      if (split${u} < splits) {
        let factor = decay(splitMaxima[split${u}] - best);
        sum += factor * values${u};
        total += factor * splitTotals[split${u}];
      }`,
  )
  .join("\n")}
    }
  }
  sums[thread] = sum;
  totals[thread] = total;
  workgroupBarrier();
  if (thread < parts) {
    for (var i = 1u; i < ${slots}u; i++) {
      sum += sums[i * parts + part];
      total += totals[i * parts + part];
    }
    output[row * ${outputStride / width}u + head * parts + part] = sum / total;
  }
}`;
  return {
    label: `attentionReduce ${heads}×${headSize}`,
    bindings: [
      { name: "rows", type: "array<Row>", access: "read" },
      { name: "partials", type: `array<${type}>`, access: "read" },
      { name: "output", type: `array<${type}>`, access: "read_write" },
    ],
    code,
  };
}
