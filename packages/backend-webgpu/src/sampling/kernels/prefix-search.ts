import { groupSize, groupsOf, type ScoreShape, threads } from "../score-shape.ts";
import { reduction } from "./reduction.ts";

/** Buckets are summed in parts, to look for where a target is reached with few barriers. */
const partSize = 16;
const parts = threads / partSize;

/** Bits of a word beyond those that tell buckets apart. */
const spareBits = 32 - Math.log2(threads);

/**
 * WGSL: finds the shortest prefix of a row's tokens, best first, whose weights reach a target. Needs the bindings
 * scores, masks, `groups` (see `scoreGroups`) and `listed` [rows, groups], a scratch, and the code of `scoreKeyCode` and
 * `tokenMaskCode`. All functions want every thread of a workgroup of ${threads}.
 *
 * A weight is 1, or exp((score − best) / temperature) as a multiple of 2⁻⁴⁰, so that sums are integers of 64 bits (low
 * word first): they come out the same in whatever order atomics add them. The search is a radix search. It first splits
 * the range of scores into even buckets, and then the bucket in which the target is reached, until tokens in it are
 * equal or all belong to the prefix; equal tokens are split by id. It looks only at groups whose best token is good
 * enough to matter (`listGroups`).
 */
export function prefixSearchCode(shape: ScoreShape): string {
  const { vocabularySize, scoreStride } = shape;
  const groups = groupsOf(shape);
  return `
struct Weighing { byHeat: bool, best: f32, temperature: f32 }
// Tokens better than (key, id), and itself; the lower id is the better one.
struct Threshold { key: u32, id: u32 }
// The bucket in which a target is reached, what the buckets before it weigh, and its own weight.
struct Crossing { bucket: u32, before: vec2<u32>, weight: vec2<u32> }

const byScore = 0u;
const byKey = 1u;
const byId = 2u;
const noBucket = ${threads}u;
const everything = Threshold(1u, 0xffffffffu);

var<workgroup> lowWords: array<atomic<u32>, ${threads}>;
var<workgroup> highWords: array<atomic<u32>, ${threads}>;
var<workgroup> partSums: array<vec2<u32>, ${parts}>; // of ${partSize} buckets each
var<workgroup> bucketEnds: array<u32, ${threads}>; // the lowest key of each, falling
var<workgroup> crossing: Crossing;
var<workgroup> listLength: atomic<u32>;
var<workgroup> uniformWord: u32;
var<workgroup> uniformPair: vec2<u32>;
${reduction("keyRange", "vec2<u32>", "vec2<u32>(max(a.x, b.x), min(a.y, b.y))")}

fn add64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + u32(low < a.x));
}
fn subtract64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return vec2<u32>(a.x - b.x, a.y - b.y - u32(a.x < b.x)); }
fn less64(a: vec2<u32>, b: vec2<u32>) -> bool { return a.y < b.y || (a.y == b.y && a.x < b.x); }
fn equal64(a: vec2<u32>, b: vec2<u32>) -> bool { return all(a == b); }

// value · 2⁴⁰ for 0 ≤ value < 2²⁴
fn fixedPoint(value: f32) -> vec2<u32> {
  let high = floor(value * 256.0);
  return vec2<u32>(u32((value * 256.0 - high) * 4294967296.0), u32(high));
}

// A share of a sum, at least the smallest weight.
fn shareOf(sum: vec2<u32>, share: f32) -> vec2<u32> {
  let wanted = (f32(sum.y) * 4294967296.0 + f32(sum.x)) * share;
  let high = floor(wanted / 4294967296.0);
  return vec2<u32>(max(u32(wanted - high * 4294967296.0), select(1u, 0u, high > 0.0)), u32(high));
}

fn heatOf(key: u32, weighing: Weighing) -> f32 {
  return exp(max((keyScore(key) - weighing.best) / weighing.temperature, -1e4));
}
fn weightOf(key: u32, weighing: Weighing) -> vec2<u32> {
  if (weighing.byHeat) { return fixedPoint(heatOf(key, weighing)); }
  return vec2<u32>(1u, 0u);
}

fn isWithin(threshold: Threshold, key: u32, id: u32) -> bool {
  return key > threshold.key || (key == threshold.key && id <= threshold.id);
}

// A search that misses its goal by rounding must not go beyond the threshold that it was given.
fn stricter(a: Threshold, b: Threshold) -> Threshold {
  if (isWithin(a, b.key, b.id)) { return b; }
  return a;
}

// The key of a token, 0 where it is not to be had.
fn tokenKey(row: u32, id: u32) -> u32 {
  if (id >= ${vocabularySize}u || !isAllowed(row, id)) { return 0u; }
  return scoreKey(scores[row * ${scoreStride}u + id]);
}

fn groupKey(row: u32, group: u32) -> u32 { return groups[row * ${groups}u + group].x; }

fn listedToken(row: u32, index: u32) -> u32 {
  return listed[row * ${groups}u + index / ${groupSize}u] * ${groupSize}u + index % ${groupSize}u;
}

// The best and the worst of the groups' best keys; (0, …) where no token is to be had.
fn keyRangeOfRow(row: u32, thread: u32) -> vec2<u32> {
  var own = vec2<u32>(0u, 0xffffffffu);
  for (var group = thread; group < ${groups}u; group += ${threads}u) {
    let key = groupKey(row, group);
    if (key != 0u) { own = vec2<u32>(max(own.x, key), min(own.y, key)); }
  }
  let range = keyRange(thread, own);
  if (thread == 0u) { uniformPair = range; }
  return workgroupUniformLoad(&uniformPair);
}

// Even buckets of scores from the best down to \`width\` below it; the last takes everything lower.
fn splitEvenly(thread: u32, bestKey: u32, width: f32) {
  var end = bestKey;
  if (bestKey < infinityKey) {
    let score = keyScore(bestKey) - f32(thread + 1u) * (min(width, 3e38) / ${threads}.0);
    end = clamp(scoreKey(bitcast<u32>(score)), 1u, bestKey);
  }
  bucketEnds[thread] = select(end, 1u, thread == ${threads - 1}u);
}

fn bucketOf(key: u32) -> u32 {
  var bucket = 0u;
  for (var step = ${threads / 2}u; step > 0u; step >>= 1u) {
    if (key < bucketEnds[bucket + step - 1u]) { bucket += step; }
  }
  return bucket;
}

fn clearBuckets(thread: u32) {
  atomicStore(&lowWords[thread], 0u);
  atomicStore(&highWords[thread], 0u);
  workgroupBarrier();
}

fn addToBucket(bucket: u32, weight: vec2<u32>) {
  let before = atomicAdd(&lowWords[bucket], weight.x);
  let high = weight.y + u32(before + weight.x < before);
  if (high != 0u) { atomicAdd(&highWords[bucket], high); }
}

fn bucketWeight(bucket: u32) -> vec2<u32> {
  return vec2<u32>(atomicLoad(&lowWords[bucket]), atomicLoad(&highWords[bucket]));
}

// Of each part of the buckets.
fn sumParts(thread: u32) {
  workgroupBarrier();
  if (thread < ${parts}u) {
    var sum = vec2<u32>();
    for (var i = 0u; i < ${partSize}u; i++) { sum = add64(sum, bucketWeight(thread * ${partSize}u + i)); }
    partSums[thread] = sum;
  }
  if (thread == 0u) { crossing = Crossing(noBucket, vec2<u32>(), vec2<u32>()); }
  workgroupBarrier();
}

fn findCrossing(thread: u32, goal: vec2<u32>) -> Crossing {
  sumParts(thread);
  let part = thread / ${partSize}u;
  var before = vec2<u32>();
  for (var i = 0u; i < part; i++) { before = add64(before, partSums[i]); }
  for (var i = part * ${partSize}u; i < thread; i++) { before = add64(before, bucketWeight(i)); }
  let own = bucketWeight(thread);
  if (less64(before, goal) && !less64(add64(before, own), goal)) { crossing = Crossing(thread, before, own); }
  return workgroupUniformLoad(&crossing);
}

fn sumOfBuckets(thread: u32) -> vec2<u32> {
  sumParts(thread);
  if (thread == 0u) {
    var sum = vec2<u32>();
    for (var i = 0u; i < ${parts}u; i++) { sum = add64(sum, partSums[i]); }
    uniformPair = sum;
  }
  return workgroupUniformLoad(&uniformPair);
}

// Lists the groups that can hold a token of the prefix, and returns how many tokens they have. The best tokens of the
// groups alone reach the target with the groups listed, so with all their tokens it is reached no later.
fn listGroups(row: u32, thread: u32, goal: vec2<u32>, weighing: Weighing) -> u32 {
  if (thread == 0u) { atomicStore(&listLength, 0u); }
  clearBuckets(thread);
  for (var group = thread; group < ${groups}u; group += ${threads}u) {
    let key = groupKey(row, group);
    if (key != 0u) { addToBucket(bucketOf(key), weightOf(key, weighing)); }
  }
  let found = findCrossing(thread, goal);
  let least = bucketEnds[min(found.bucket, ${threads - 1}u)];
  for (var group = thread; group < ${groups}u; group += ${threads}u) {
    if (groupKey(row, group) >= least) { listed[row * ${groups}u + atomicAdd(&listLength, 1u)] = group; }
  }
  storageBarrier();
  workgroupBarrier();
  if (thread == 0u) { uniformWord = atomicLoad(&listLength) * ${groupSize}u; }
  return workgroupUniformLoad(&uniformWord);
}

// What the listed tokens within a threshold weigh.
fn weightOfListed(row: u32, thread: u32, length: u32, within: Threshold, weighing: Weighing) -> vec2<u32> {
  clearBuckets(thread);
  for (var i = thread; i < length; i += ${threads}u) {
    let id = listedToken(row, i);
    let key = tokenKey(row, id);
    if (isWithin(within, key, id)) { addToBucket(thread, weightOf(key, weighing)); }
  }
  return sumOfBuckets(thread);
}

// The end of the shortest prefix that weighs at least \`goal\`, of the listed tokens within a threshold. What is left to
// be split are the tokens with keys from low to high and ids from lowId to highId.
fn searchPrefix(
  row: u32, thread: u32, length: u32, goal: vec2<u32>, within: Threshold, weighing: Weighing, bestKey: u32,
) -> Threshold {
  var low = 1u;
  var high = bestKey;
  var lowId = 0u;
  var highId = ${vocabularySize - 1}u;
  var missing = goal;
  var split = byScore;
  var shift = 0u;
  loop {
    clearBuckets(thread);
    for (var i = thread; i < length; i += ${threads}u) {
      let id = listedToken(row, i);
      let key = tokenKey(row, id);
      if (key < low || key > high || id < lowId || id > highId || !isWithin(within, key, id)) { continue; }
      var bucket: u32;
      switch (split) {
        case byScore: { bucket = bucketOf(key); }
        case byKey: { bucket = (high - key) >> shift; }
        default: { bucket = (id - lowId) >> shift; }
      }
      addToBucket(bucket, weightOf(key, weighing));
    }
    let found = findCrossing(thread, missing);
    if (found.bucket == noBucket) { break; }
    missing = subtract64(missing, found.before);
    switch (split) {
      case byScore: {
        if (found.bucket > 0u) { high = workgroupUniformLoad(&bucketEnds[found.bucket - 1u]) - 1u; }
        low = workgroupUniformLoad(&bucketEnds[found.bucket]);
      }
      case byKey: {
        high -= found.bucket << shift;
        low = high - min(high - low, (1u << shift) - 1u);
      }
      default: {
        lowId += found.bucket << shift;
        highId = lowId + min(highId - lowId, (1u << shift) - 1u);
      }
    }
    // All that is left belongs to the prefix, or it is a single token.
    let single = low == high && (lowId == highId || equal64(weightOf(low, weighing), found.weight));
    if (single || equal64(missing, found.weight)) { break; }
    split = select(byId, byKey, low < high);
    shift = bucketShift(select(highId - lowId, high - low, low < high));
  }
  return stricter(Threshold(low, highId), within);
}

// How far a span must be shifted to fit into the buckets.
fn bucketShift(span: u32) -> u32 { return ${spareBits}u - min(countLeadingZeros(span), ${spareBits}u); }`;
}
