import type { Kernel } from "../device/kernel.ts";
import { rowStruct } from "../plan/batch-state.ts";
import {
  type AttentionShape,
  attentionLayout,
  cacheBinding,
  cacheCode,
  packedPart,
  pagedRowCode,
} from "./attention-shape.ts";
import { inverseNormCode, turnedHeadCode } from "./turned-head.ts";

const threads = 128;

/** Heads of one workgroup: a thread takes one part. */
function headsAtOnce(shape: AttentionShape): number {
  return Math.floor(threads / attentionLayout(shape).parts);
}

function vectorsOf({ heads, keyValueHeads }: AttentionShape): number {
  return heads + 2 * keyValueHeads;
}

/** At most 65535 rows. */
export function ropeStoreWorkgroups(shape: AttentionShape, rows: number): [number, number, number] {
  return [Math.ceil(vectorsOf(shape) / headsAtOnce(shape)), rows, 1];
}

/**
 * What comes before attention, for any rows: norm and rope of the queries in place, of the keys on their way into the
 * cache, and the values into theirs. Workgroups: {@link ropeStoreWorkgroups}.
 *
 * Bindings: `qkv` [rows, qkvStride], whose query part is rewritten, `ropeTable` [positions, pairs], `normWeights`
 * [2, headSize] (of query and key; only with `normEpsilon`), `rows`, `pageTable`, `keyCache`, `valueCache`.
 */
export function ropeStore(shape: AttentionShape): Kernel {
  const { heads, keyValueHeads, headSize, qkvStride, cacheType, normEpsilon } = shape;
  const layout = attentionLayout(shape);
  const { type, width, parts } = layout;
  const atOnce = headsAtOnce(shape);
  const normed = normEpsilon !== undefined;
  const code = `
${rowStruct}
const parts = ${parts}u;
var<workgroup> raw: array<${type}, ${threads}>;
${normed ? `var<workgroup> squares: array<f32, ${threads}>;` : ""}
${cacheCode(cacheType, layout)}
${pagedRowCode}
${turnedHeadCode(shape, layout, "raw")}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = thread / parts;
  let part = thread % parts;
  let head = group.x * ${atOnce}u + slot;
  let isLive = slot < ${atOnce}u && head < ${vectorsOf(shape)}u;
  let at = group.y * ${qkvStride / width}u + head * parts + part;
  var own = ${type}();
  if (isLive) { own = qkv[at]; }
  // Queries are written in place: all parts of a head must have been read before.
  raw[thread] = own;
  ${normed ? "squares[thread] = dot(own, own);" : ""}
  workgroupBarrier();
  if (!isLive) { return; }
  let position = rows[group.y].position;
  let cacheAt = cacheRow(rows[group.y].pages, position) * ${keyValueHeads * parts}u + part;
  if (head >= ${heads + keyValueHeads}u) {
    valueCache[cacheAt + (head - ${heads + keyValueHeads}u) * parts] = ${packedPart("own", cacheType)};
    return;
  }
  ${inverseNormCode(shape, "squares", "slot * parts")}
  let weight = select(0u, ${headSize}u, head >= ${heads}u);
  let result = turnedPart(slot * parts, part, weight, inverse, position);
  if (head < ${heads}u) {
    qkv[at] = result;
  } else {
    keyCache[cacheAt + (head - ${heads}u) * parts] = ${packedPart("result", cacheType)};
  }
}`;
  return {
    label: `ropeStore ${heads}/${keyValueHeads}×${headSize} ${cacheType}${normed ? " norm" : ""}`,
    bindings: [
      { name: "qkv", type: `array<${type}>`, access: "read_write" },
      { name: "ropeTable", type: "array<vec2<f32>>", access: "read" },
      ...(normed ? [{ name: "normWeights", type: "array<f32>", access: "read" } as const] : []),
      { name: "rows", type: "array<Row>", access: "read" },
      { name: "pageTable", type: "array<u32>", access: "read" },
      cacheBinding("keyCache", cacheType, layout, "read_write"),
      cacheBinding("valueCache", cacheType, layout, "read_write"),
    ],
    code,
  };
}
