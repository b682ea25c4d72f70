import type { Kernel, KernelBinding } from "../device/kernel.ts";
import { float, range } from "../device/wgsl.ts";
import { rowStruct } from "../plan/batch-state.ts";
import {
  type AttentionShape,
  attentionLayout,
  cacheBinding,
  cacheCode,
  decayCode,
  type HeadShape,
  itemLoop,
  lowestScore,
  type PartLayout,
  pagedRowCode,
  partLayout,
  unpackedPart,
  windowCode,
} from "./attention-shape.ts";

/** Rows of one tile: consecutive rows of one sequence, at consecutive positions. */
export const attentionTileRows = 32;

const threads = 128;
/** Keys that are in workgroup memory at once; as many as rows, so that both are staged side by side. */
const tileKeys = attentionTileRows;
/** Threads are a grid: 8 groups of 4 rows, and 16 columns, of keys first and of parts of values then. */
const columns = 16;
const rowGroups = threads / columns;
const rowsPerThread = attentionTileRows / rowGroups;
/** Parts of a head that are multiplied between two barriers. */
const stagedParts = 8;
/** Parts from one staged row to the next; odd, so that neighbouring rows begin in different banks. */
const stagedStride = stagedParts + 1;

/** `tiles` is how many entries of `tiles` there are, at most 65535. */
export function attentionWorkgroups({ heads }: HeadShape, tiles: number): [number, number, number] {
  return [tiles, heads, 1];
}

/** For {@link flatAttention}: `rows` rows of one sequence. */
export function flatAttentionWorkgroups({ heads }: HeadShape, rows: number): [number, number, number] {
  return [Math.ceil(rows / attentionTileRows), heads, 1];
}

/**
 * Causal attention of many rows, whose queries `ropeStore` has turned and whose keys and values it has stored; tile by
 * tile, with a running softmax (Dao et al., arXiv 2205.14135). Workgroups: {@link attentionWorkgroups}.
 *
 * Bindings: `query` [rows, qkvStride] (the `qkv` of `ropeStore`), `rows`, `pageTable`, `tiles`: (first row, number of
 * rows ≤ {@link attentionTileRows}) of consecutive rows of one sequence, `keyCache`, `valueCache`, `output` [rows,
 * outputStride].
 */
export function attention(shape: AttentionShape): Kernel {
  const { heads, keyValueHeads, headSize, qkvStride, outputStride, cacheType } = shape;
  const layout = attentionLayout(shape);
  return {
    label: `attention ${heads}/${keyValueHeads}×${headSize} ${cacheType}`,
    bindings: [
      { name: "query", type: `array<${layout.type}>`, access: "read" },
      { name: "rows", type: "array<Row>", access: "read" },
      { name: "pageTable", type: "array<u32>", access: "read" },
      { name: "tiles", type: "array<vec2<u32>>", access: "read" },
      ...tileBindings(cacheType, layout),
    ],
    code: `
${rowStruct}
${cacheCode(cacheType, layout)}
${pagedRowCode}
fn tileAt(index: u32) -> vec2<u32> { return tiles[index]; }
fn positionOf(row: u32) -> u32 { return rows[row].position; }
fn storedRow(row: u32, position: u32) -> u32 { return cacheRow(rows[row].pages, position); }
${tileCode(shape, layout, qkvStride, outputStride, (part) => unpackedPart(part, cacheType, layout))}`,
  };
}

/**
 * The same for one sequence with dense buffers in f32. Workgroups: {@link flatAttentionWorkgroups}. Bindings: `query`
 * [all rows, heads · headSize], `work`: a uniform (first row, rows, position of the first row, 0), `keyCache` and
 * `valueCache` [capacity, keyValueHeads · headSize], which hold the new rows already, `output` [all rows, heads ·
 * headSize], where other rows stay as they are.
 */
export function flatAttention(shape: HeadShape): Kernel {
  const { heads, keyValueHeads, headSize } = shape;
  const layout = partLayout(headSize);
  const stride = heads * headSize;
  return {
    label: `attention ${heads}/${keyValueHeads}×${headSize} flat`,
    bindings: [
      { name: "query", type: `array<${layout.type}>`, access: "read" },
      { name: "work", type: "vec4<u32>", access: "uniform" },
      ...tileBindings("f32", layout),
    ],
    code: `
fn tileAt(index: u32) -> vec2<u32> {
  let start = index * ${attentionTileRows}u;
  return vec2<u32>(work.x + start, min(work.y - start, ${attentionTileRows}u));
}
fn positionOf(row: u32) -> u32 { return work.z + row - work.x; }
fn storedRow(row: u32, position: u32) -> u32 { return position; }
${tileCode(shape, layout, stride, stride, (part) => part)}`,
  };
}

function tileBindings(cacheType: AttentionShape["cacheType"], layout: PartLayout): KernelBinding[] {
  return [
    cacheBinding("keyCache", cacheType, layout, "read"),
    cacheBinding("valueCache", cacheType, layout, "read"),
    { name: "output", type: `array<${layout.type}>`, access: "read_write" },
  ];
}

/** One workgroup takes one tile and one head. Every thread keeps sums of 4 rows and of every 16th part in registers. */
function tileCode(
  shape: HeadShape,
  { type, width, parts }: PartLayout,
  queryStride: number,
  outputStride: number,
  unpacked: (part: string) => string,
): string {
  const { heads, keyValueHeads, scale, window } = shape;
  const keyStage = attentionTileRows * stagedStride;
  const stageSize = keyStage + tileKeys * stagedStride;
  // A power of two, so that whole stages make up a tile of keys.
  const stagedValues = Math.min(tileKeys, 2 ** Math.floor(Math.log2(stageSize / parts)));
  const rowNumbers = range(rowsPerThread);
  const sums = range(Math.ceil(parts / columns));
  const keySlots = range(tileKeys / columns);
  const allowed = (key: string) =>
    `(vec4<u32>(${key}) <= positions)${window === undefined ? "" : ` & (vec4<u32>(${key} + ${window}u) > positions)`}`;

  const stageQueryAndKey = `
        let line = item / ${stagedParts}u;
        let part = item % ${stagedParts}u;
        let to = line * ${stagedStride}u + part;
        var queryPart = ${type}();
        var keyPart = ${type}();
        if (chunk + part < parts) {
          if (line < rowCount) { queryPart = query[(firstRow + line) * ${queryStride / width}u + head * parts + chunk + part]; }
          if (line < live) { keyPart = ${unpacked("keyCache[cacheRows[line] + chunk + part]")}; }
        }
        stage[to] = queryPart * ${float(scale)};
        stage[${keyStage}u + to] = keyPart;`;
  // Zeros behind the last key: what lies there may be anything, and weight 0 does not undo a NaN.
  const stageValue = `
        let key = start + item / parts;
        var valuePart = ${type}();
        if (key < live) { valuePart = ${unpacked("valueCache[cacheRows[key] + item % parts]")}; }
        stage[item] = valuePart;`;

  return `
${windowCode(shape)}
${decayCode("vec4<f32>")}
const parts = ${parts}u;
var<workgroup> stage: array<${type}, ${stageSize}>; // queries, then keys; later values
var<workgroup> weights: array<vec4<f32>, ${tileKeys * rowGroups}>; // [key, group of four rows]
var<workgroup> peaks: array<vec4<f32>, ${threads}>;
var<workgroup> cacheRows: array<u32, ${tileKeys}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let firstRow = tileAt(group.x).x;
  let rowCount = tileAt(group.x).y;
  let lastRow = firstRow + rowCount - 1u;
  let head = group.y;
  let keyValueHead = head / ${heads / keyValueHeads}u;
  let column = thread % ${columns}u;
  let rowGroup = thread / ${columns}u;
  let ownRow = rowGroup * ${rowsPerThread}u;
  // Rows that are not there are worked on as if they were the last one, and not written.
  let positions = vec4<u32>(${rowNumbers.map((r) => `positionOf(min(firstRow + ownRow + ${r}u, lastRow))`)});
  let end = positionOf(lastRow) + 1u;
  var best = vec4<f32>(${lowestScore});
  var total = vec4<f32>();
${sums.map((s) => rowNumbers.map((r) => `  var sum${r}_${s} = ${type}();`).join(" ")).join("\n")}

  for (var begin = windowStart(positionOf(firstRow)); begin < end; begin += ${tileKeys}u) {
    let live = min(end - begin, ${tileKeys}u);
    if (thread < live) { cacheRows[thread] = storedRow(firstRow, begin + thread) * ${keyValueHeads * parts}u + keyValueHead * parts; }
${keySlots.map((k) => `    var score${k} = vec4<f32>();`).join("\n")}
    for (var chunk = 0u; chunk < parts; chunk += ${stagedParts}u) {
      workgroupBarrier();
      ${itemLoop(attentionTileRows * stagedParts, threads, stageQueryAndKey)}
      workgroupBarrier();
      for (var part = 0u; part < ${stagedParts}u; part++) {
${rowNumbers.map((r) => `        let query${r} = stage[(ownRow + ${r}u) * ${stagedStride}u + part];`).join("\n")}
${keySlots
  .map(
    (k) => `        let key${k} = stage[${keyStage}u + (column + ${k * columns}u) * ${stagedStride}u + part];
        score${k} += vec4<f32>(${rowNumbers.map((r) => (width === 1 ? `query${r} * key${k}` : `dot(query${r}, key${k})`)).join(", ")});`,
  )
  .join("\n")}
      }
    }

${keySlots
  .map(
    (k) => `    let allowed${k} = ${allowed(`(begin + column + ${k * columns}u)`)};
    score${k} = select(vec4<f32>(${lowestScore}), score${k}, allowed${k});`,
  )
  .join("\n")}
    peaks[thread] = max(${keySlots.map((k) => `score${k}`).join(", ")});
    workgroupBarrier();
    var newBest = best;
    for (var i = 0u; i < ${columns}u; i++) { newBest = max(newBest, peaks[rowGroup * ${columns}u + i]); }
${keySlots
  .map(
    (k) => `    let weight${k} = select(vec4<f32>(), decay(score${k} - newBest), allowed${k});
    weights[(column + ${k * columns}u) * ${rowGroups}u + rowGroup] = weight${k};`,
  )
  .join("\n")}
    let factor = decay(best - newBest);
    best = newBest;
    var tileTotal = vec4<f32>();
${sums.map((s) => rowNumbers.map((r) => `    var tile${r}_${s} = ${type}();`).join(" ")).join("\n")}

    for (var start = 0u; start < live; start += ${stagedValues}u) {
      workgroupBarrier();
      ${itemLoop(stagedValues * parts, threads, stageValue)}
      workgroupBarrier();
      for (var i = 0u; i < ${stagedValues}u; i++) {
        let weight = weights[(start + i) * ${rowGroups}u + rowGroup];
        tileTotal += weight;
${sums
  .map(
    (s) => `        {
          let value = stage[${parts % columns === 0 ? `i * parts + column + ${s * columns}u` : `i * parts + min(column + ${s * columns}u, parts - 1u)`}];
${rowNumbers.map((r) => `          tile${r}_${s} += weight[${r}] * value;`).join("\n")}
        }`,
  )
  .join("\n")}
      }
    }
    // Each tile is summed on its own: small weights would be lost in the sum of 100,000 others.
    total = total * factor + tileTotal;
${sums.map((s) => rowNumbers.map((r) => `    sum${r}_${s} = sum${r}_${s} * factor[${r}] + tile${r}_${s};`).join(" ")).join("\n")}
  }

${rowNumbers
  .map(
    (r) => `  if (ownRow + ${r}u < rowCount) {
    let to = (firstRow + ownRow + ${r}u) * ${outputStride / width}u + head * parts;
${sums
  .map((s) => {
    const store = `output[to + column + ${s * columns}u] = sum${r}_${s} / total[${r}];`;
    return (s + 1) * columns <= parts ? `    ${store}` : `    if (column + ${s * columns}u < parts) { ${store} }`;
  })
  .join("\n")}
  }`,
  )
  .join("\n")}
}`;
}
