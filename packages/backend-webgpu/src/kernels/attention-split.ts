import type { Kernel } from "../device/kernel.ts";
import { float, range } from "../device/wgsl.ts";
import { rowStruct } from "../plan/batch-state.ts";
import {
  type AttentionShape,
  attentionLayout,
  cacheBinding,
  cacheCode,
  decayCode,
  lowestScore,
  type PartLayout,
  packedPart,
  pagedRowCode,
  unpackedPart,
} from "./attention-shape.ts";
import { spanCode, splitPositions } from "./attention-span.ts";
import { inverseNormCode, turnedHeadCode } from "./turned-head.ts";

const threads = 128;
/** Threads that share the product with one key. */
const lanes = 4;
const keysAtOnce = threads / lanes;
const keysPerThread = splitPositions / keysAtOnce;
/** Partial maxima of a head. */
const peaks = 8;
/** Heads whose sums are joined at once in the end. */
const joinedAtOnce = 4;

/** How the work is laid out in one workgroup. */
interface SplitLayout extends PartLayout {
  /** Query heads of a workgroup. */
  readonly count: number;
  /** Workgroups that share one KV head. */
  readonly sharing: number;
  /** Scores from one lane to the next: eight more than there are, so that lanes write to different banks. */
  readonly laneStride: number;
  /** Values that are multiplied with weights at the same time. */
  readonly valueSlots: number;
  /** f32 of workgroup memory for what lives shortly: squares, scores by lane, sums by slot. */
  readonly scratch: number;
}

/** As many query heads of a KV head as memory (16 KiB) and registers hold, so that keys and values are read once. */
function splitLayout(shape: AttentionShape): SplitLayout {
  const layout = attentionLayout(shape);
  const { parts, width } = layout;
  const group = shape.heads / shape.keyValueHeads;
  const valueSlots = Math.floor(threads / parts);
  for (let count = 8; ; count--) {
    const laneStride = count * splitPositions + 8;
    const join = Math.min(joinedAtOnce, count) * (threads * width + valueSlots);
    const scratch = Math.max(lanes * laneStride, join, (count + 1) * parts);
    const words = scratch + (count + 2) * shape.headSize + count * (splitPositions + peaks + 2) + 2 * splitPositions;
    if (count === 1 || (group % count === 0 && words <= 4096)) {
      return { ...layout, count, sharing: group / count, laneStride, valueSlots, scratch };
    }
  }
}

/** `splits` is what `attentionSplits` says for the farthest position of the batch; at most 65535 rows. */
export function attentionSplitWorkgroups(
  shape: AttentionShape,
  rows: number,
  splits: number,
): [number, number, number] {
  return [splits, shape.heads / splitLayout(shape).count, rows];
}

/**
 * Attention of rows that are each the next token of another sequence, from the projections to partial results: norm and
 * rope of query and key, the write of key and value into the caches, and softmax over one split of the positions, with
 * its maximum and sum beside the values, for `attentionReduce` to join. Workgroups: {@link attentionSplitWorkgroups}.
 *
 * Bindings: `qkv` [rows, qkvStride], `ropeTable` [positions, pairs], `normWeights` [2, headSize] (of query and key; only
 * with `normEpsilon`), `rows`, `pageTable`, `keyCache`, `valueCache`, `partials` (`attentionPartials` elements a row).
 *
 * Only the workgroup of a row's last split, which ends with the row's own position, writes into the caches, and only it
 * uses what it wrote, out of workgroup memory: no workgroup waits for another.
 */
export function attentionSplit(shape: AttentionShape): Kernel {
  const { heads, keyValueHeads, headSize, cacheType, normEpsilon } = shape;
  const layout = splitLayout(shape);
  const { type, parts, count, scratch } = layout;
  const headNumbers = range(count);
  const rounds = range(Math.ceil((count * splitPositions) / threads));

  const code = `
${rowStruct}
const parts = ${parts}u;
const tileLength = ${splitPositions}u;
var<workgroup> query: array<${type}, ${count * parts}>;
var<workgroup> ownKey: array<${type}, parts>;
var<workgroup> ownValue: array<${type}, parts>;
var<workgroup> scratch: array<f32, ${scratch}>;
var<workgroup> weights: array<f32, ${count * splitPositions}>;
var<workgroup> peaks: array<f32, ${count * peaks}>;
var<workgroup> maxima: array<f32, ${count}>;
var<workgroup> factors: array<f32, ${count}>;
var<workgroup> cacheRows: array<u32, ${2 * splitPositions}>; // of this tile and of the next one
${cacheCode(cacheType, layout)}
${pagedRowCode}
${spanCode(shape)}
${turnedHeadCode(shape, layout, "qkv")}
${decayCode("f32")}
${projectionCode(shape, layout)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let position = rows[group.z].position;
  let pages = rows[group.z].pages;
  let span = spanOf(position);
  if (group.x >= span.splits) { return; }
  let isLast = group.x + 1u == span.splits;
  let begin = span.first + group.x * span.length;
  let end = min(begin + span.length, position + 1u);
  let cachedEnd = min(end, position);
  let keyValueHead = group.y / ${layout.sharing}u;
  if (thread < tileLength && begin + thread < cachedEnd) { cacheRows[thread] = cacheRow(pages, begin + thread); }
${prepareCode(shape, layout)}

${headNumbers.map((h) => `  var sum${h} = ${type}(); var total${h} = 0.0;`).join("\n")}
${rounds.map((round) => `  var best${round} = ${lowestScore};`).join("\n")}
  let column = keyValueHead * parts;
  var current = 0u;
  for (var tile = begin; tile < end; tile += tileLength) {
    let live = min(end - tile, tileLength);
    let stored = min(cachedEnd - tile, tileLength); // the live ones without the row's own position
    workgroupBarrier();
${scoresCode(shape, layout)}
    workgroupBarrier();
${peaksCode(layout)}
    let next = tile + tileLength + thread;
    if (thread < tileLength && next < cachedEnd) { cacheRows[(current ^ tileLength) + thread] = cacheRow(pages, next); }
    workgroupBarrier();
${rounds.map((round) => weightsCode(round, layout)).join("\n")}
    workgroupBarrier();
${headNumbers.map((h) => `    sum${h} *= factors[${h}]; total${h} *= factors[${h}];`).join("\n")}
${valuesCode(shape, layout)}
    current ^= tileLength;
  }
${joinCode(layout)}
}`;

  return {
    label: `attentionSplit ${heads}/${keyValueHeads}×${headSize} ${cacheType}${normEpsilon === undefined ? "" : " norm"}`,
    bindings: [
      { name: "qkv", type: `array<${type}>`, access: "read" },
      { name: "ropeTable", type: "array<vec2<f32>>", access: "read" },
      ...(normEpsilon === undefined ? [] : [{ name: "normWeights", type: "array<f32>", access: "read" } as const]),
      { name: "rows", type: "array<Row>", access: "read" },
      { name: "pageTable", type: "array<u32>", access: "read" },
      cacheBinding("keyCache", cacheType, layout, "read_write"),
      cacheBinding("valueCache", cacheType, layout, "read_write"),
      { name: "partials", type: `array<${type}>`, access: "read_write" },
    ],
    code,
  };
}

/** Where vectors lie in `qkv`: 0 … count − 1 are the query heads of the workgroup, then come its key and its value. */
function projectionCode({ heads, keyValueHeads, qkvStride }: AttentionShape, { width, count }: SplitLayout): string {
  return `
fn projectionAt(group: vec3<u32>, keyValueHead: u32, vector: u32) -> u32 {
  var head = group.y * ${count}u + vector;
  if (vector >= ${count}u) { head = ${heads}u + keyValueHead + (vector - ${count}u) * ${keyValueHeads}u; }
  return group.z * ${qkvStride / width}u + head * parts;
}`;
}

/** Query, and in the last split key and value, into workgroup memory; key and value into the caches. */
function prepareCode(shape: AttentionShape, layout: SplitLayout): string {
  const { keyValueHeads, headSize, scale, cacheType, normEpsilon } = shape;
  const { count, sharing } = layout;
  const rounded = (part: string) => unpackedPart(packedPart(part, cacheType), cacheType, layout);
  const squares = `
  for (var item = thread; item < select(${count}u, ${count + 1}u, isLast) * parts; item += ${threads}u) {
    let x = qkv[projectionAt(group, keyValueHead, item / parts) + item % parts];
    scratch[item] = dot(x, x);
  }
  workgroupBarrier();`;
  return `${normEpsilon === undefined ? "" : squares}
  let ownAt = (cacheRow(pages, position) * ${keyValueHeads}u + keyValueHead) * parts;
  let writes = group.y % ${sharing}u == 0u;
  for (var item = thread; item < select(${count}u, ${count + 2}u, isLast) * parts; item += ${threads}u) {
    let vector = item / parts;
    let part = item % parts;
    let start = projectionAt(group, keyValueHead, vector);
    if (vector <= ${count}u) {
      ${inverseNormCode(shape, "scratch", "vector * parts")}
      let head = turnedPart(start, part, select(0u, ${headSize}u, vector == ${count}u), inverse, position);
      if (vector < ${count}u) {
        query[item] = head * ${float(scale)};
      } else {
        ownKey[part] = ${rounded("head")};
        if (writes) { keyCache[ownAt + part] = ${packedPart("head", cacheType)}; }
      }
    } else {
      let value = qkv[start + part];
      ownValue[part] = ${rounded("value")};
      if (writes) { valueCache[ownAt + part] = ${packedPart("value", cacheType)}; }
    }
  }`;
}

/** Products of queries and keys: four lanes side by side read one key, and keep their sums apart. */
function scoresCode(shape: AttentionShape, layout: SplitLayout): string {
  const { type, parts, count, laneStride } = layout;
  const keys = range(keysPerThread);
  const heads = range(count);
  const rounds = Math.ceil(parts / lanes);
  // Several parts on their way at once: as many as divide the rounds, and no more than registers hold.
  const fits = (size: number) => rounds % size === 0 && size * count * keysPerThread <= 32;
  const steps = range([5, 4, 3, 2].find(fits) ?? 1);
  const cached = (k: number, s: number) => unpackedPart(`keyCache[start${k} + part${s}]`, shape.cacheType, layout);
  const whole = parts % lanes === 0;
  const live = (k: number, s: number) => `index${k} < stored${whole ? "" : ` && part${s} < parts`}`;
  const own = (s: number) =>
    whole ? `ownKey[part${s}]` : `select(${type}(), ownKey[min(part${s}, parts - 1u)], part${s} < parts)`;
  return `
    let lane = thread % ${lanes}u;
${keys.map((k) => `    let index${k} = thread / ${lanes}u + ${k * keysAtOnce}u;`).join("\n")}
${keys.map((k) => `    let start${k} = cacheRows[current + index${k}] * ${shape.keyValueHeads * parts}u + column;`).join("\n")}
${heads.flatMap((h) => keys.map((k) => `    var score${h}_${k} = 0.0;`)).join("\n")}
    for (var round = 0u; round < ${rounds}u; round += ${steps.length}u) {
${steps
  .map(
    (s) => `      let part${s} = (round + ${s}u) * ${lanes}u + lane;
${keys
  .map(
    (k) => `      var key${k}_${s} = ${own(s)};
      if (${live(k, s)}) { key${k}_${s} = ${cached(k, s)}; }`,
  )
  .join("\n")}`,
  )
  .join("\n")}
${steps
  .flatMap((s) =>
    heads.map(
      (h) => `      {
        let head = query[${whole ? `${h * parts}u + part${s}` : `min(${h * parts}u + part${s}, ${count * parts - 1}u)`}];
${keys.map((k) => `        score${h}_${k} += dot(head, key${k}_${s});`).join("\n")}
      }`,
    ),
  )
  .join("\n")}
    }
    let to = lane * ${laneStride}u;
${heads.flatMap((h) => keys.map((k) => `    scratch[to + ${h * splitPositions}u + index${k}] = score${h}_${k};`)).join("\n")}`;
}

/** Joins the lanes, and takes the maximum of every eighth score of a head. */
function peaksCode({ count, laneStride }: SplitLayout): string {
  const joined = range(lanes).map((lane) => `scratch[item + ${lane * laneStride}u]`);
  return `
    if (thread < ${count * peaks}u) {
      var peak = ${lowestScore};
      for (var index = thread % ${peaks}u; index < live; index += ${peaks}u) {
        let item = thread / ${peaks}u * tileLength + index;
        let score = ${joined.join(" + ")};
        weights[item] = score;
        peak = max(peak, score);
      }
      peaks[thread] = peak;
    }`;
}

/** Scores become weights against the maximum so far. A thread keeps the maximum of its head in this round. */
function weightsCode(round: number, { count }: SplitLayout): string {
  const first = round * threads;
  const body = `
      let item = thread + ${first}u;
      let head = item / tileLength;
      let index = item % tileLength;
      var best = best${round};
      for (var i = 0u; i < ${peaks}u; i++) { best = max(best, peaks[head * ${peaks}u + i]); }
      weights[item] = select(0.0, decay(weights[item] - best), index < live);
      if (index == 0u) {
        factors[head] = decay(best${round} - best);
        maxima[head] = best;
      }
      best${round} = best;`;
  const left = count * splitPositions - first;
  return left >= threads ? `    {${body}\n    }` : `    if (thread < ${left}u) {${body}\n    }`;
}

/** Adds weighted values: neighbouring threads read neighbouring parts, and slots of threads take turns in positions. */
function valuesCode(shape: AttentionShape, layout: SplitLayout): string {
  const { parts, count, valueSlots } = layout;
  // Several values on their way at once hide the latency of memory, which compilers do not see to in such loops.
  const values = range(Math.min(4, Math.max(1, Math.floor(splitPositions / valueSlots))));
  const step = valueSlots * values.length;
  const cached = (v: number) => {
    const at = `cacheRows[current + index${v}] * ${shape.keyValueHeads * parts}u + column + valuePart`;
    return unpackedPart(`valueCache[${at}]`, shape.cacheType, layout);
  };
  const weight = (h: number, v: number) =>
    splitPositions % step === 0
      ? `weights[${h * splitPositions}u + index${v}]`
      : `select(0.0, weights[min(${h * splitPositions}u + index${v}, ${count * splitPositions - 1}u)], index${v} < live)`;
  return `
    let valuePart = thread % parts;
    let valueSlot = thread / parts;
    if (valueSlot < ${valueSlots}u) {
      for (var index = valueSlot; index < live; index += ${step}u) {
${values
  .map(
    (v) => `        let index${v} = index + ${v * valueSlots}u;
        var value${v} = ownValue[valuePart];
        if (index${v} < stored) { value${v} = ${cached(v)}; }`,
  )
  .join("\n")}
${values
  .flatMap((v) =>
    range(count).map(
      (h) => `        { let weight = ${weight(h, v)}; sum${h} += weight * value${v}; total${h} += weight; }`,
    ),
  )
  .join("\n")}
      }
    }`;
}

/** Adds up the slots, a few heads at a time, and writes the partial results. */
function joinCode({ type, width, count, valueSlots }: SplitLayout): string {
  const chunks = range(Math.ceil(count / joinedAtOnce)).map((chunk) =>
    range(Math.min(joinedAtOnce, count - chunk * joinedAtOnce)).map((h) => chunk * joinedAtOnce + h),
  );
  const components = range(width);
  return `
  let part = thread % parts;
  let slot = thread / parts;
${chunks
  .map((chunk) => {
    const totals = chunk.length * width * threads;
    return `  {
    if (slot < ${valueSlots}u) {
${chunk
  .flatMap((h, i) => components.map((c) => `      scratch[${(i * width + c) * threads}u + thread] = sum${h}[${c}];`))
  .join("\n")}
      if (part == 0u) {
${chunk.map((h, i) => `        scratch[${totals + i * valueSlots}u + slot] = total${h};`).join("\n")}
      }
    }
    workgroupBarrier();
    for (var item = thread; item < ${chunk.length}u * parts; item += ${threads}u) {
      let index = item / parts;
      let head = ${chunk[0]}u + index;
      let at = partialAt(group.z, group.y * ${count}u + head, group.x);
      var sum = ${type}();
      for (var start = item % parts; start < ${valueSlots}u * parts; start += parts) {
        let component = index * ${width * threads}u + start;
        sum += ${type}(${components.map((c) => `scratch[component + ${c * threads}u]`)});
      }
      partials[at + 1u + item % parts] = sum;
      if (item % parts == 0u) {
        var total = 0.0;
        for (var i = 0u; i < ${valueSlots}u; i++) { total += scratch[${totals}u + index * ${valueSlots}u + i]; }
        partials[at] = ${type}(maxima[head], total${width === 4 ? ", 0.0, 0.0" : ""});
      }
    }
    workgroupBarrier();
  }`;
  })
  .join("\n")}`;
}
