import type { Kernel } from "../../device/kernel.ts";
import { type ScoreShape, threads } from "../score-shape.ts";
import { prefixSearchCode } from "./prefix-search.ts";
import { scoreKeyCode, tokenMaskCode } from "./score-key.ts";
import { logSumCode } from "./score-sums.ts";

/** How many best tokens of a row are sorted on the GPU: as many as fit into a workgroup's memory beside the search. */
export const maxTopOnGpu = 1024;

/** WGSL: what is wanted of a row, and where it goes in `output`. */
const requestStruct = `
struct Request {
  top: u32,         // at most ${maxTopOnGpu}
  selectedStart: u32, // in \`ids\`
  selectedLength: u32,
  outputStart: u32,
}`;

/** Words of one `Request`. */
export const requestWords = 4;

/**
 * The best tokens of each row, sorted, and the log-probabilities of tokens that were asked for. Output of a row: how many
 * best there are, \`top\` ids, as many log-probabilities, those of the asked tokens; floats as bits.
 * Workgroups: (rows). Bindings: requests, ids, scores, masks, groups, sums, listed, output.
 */
export function selectTop(shape: ScoreShape): Kernel {
  const code = `
${requestStruct}
${scoreKeyCode}
${tokenMaskCode}
${logSumCode(shape)}
${prefixSearchCode(shape)}

var<workgroup> sorted: array<vec2<u32>, ${maxTopOnGpu}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.x;
  let request = requests[row];
  let total = logSum(row, thread);
  for (var i = thread; i < request.selectedLength; i += ${threads}u) {
    let bits = scores[row * ${shape.scoreStride}u + ids[request.selectedStart + i]];
    output[request.outputStart + 1u + 2u * request.top + i] = logProbability(scoreKey(bits), total);
  }
  if (request.top == 0u) { return; }

  let keys = keyRangeOfRow(row, thread);
  if (keys.x == 0u) {
    if (thread == 0u) { output[request.outputStart] = 0u; }
    return;
  }
  let byCount = Weighing(false, 0.0, 1.0);
  let wanted = vec2<u32>(request.top, 0u);
  splitEvenly(thread, keys.x, keyScore(keys.x) - keyScore(keys.y));
  let length = listGroups(row, thread, wanted, byCount);
  let kept = searchPrefix(row, thread, length, wanted, everything, byCount, keys.x);

  if (thread == 0u) { atomicStore(&listLength, 0u); }
  workgroupBarrier();
  for (var i = thread; i < length; i += ${threads}u) {
    let id = listedToken(row, i);
    let key = tokenKey(row, id);
    if (isWithin(kept, key, id)) { sorted[atomicAdd(&listLength, 1u)] = vec2<u32>(key, id); }
  }
  workgroupBarrier();
  let count = atomicLoad(&listLength);
  // Filled up to a power of two, with what comes after everything else.
  let width = 1u << (32u - countLeadingZeros(request.top - 1u));
  for (var i = count + thread; i < width; i += ${threads}u) { sorted[i] = vec2<u32>(0u, 0xffffffffu); }
  sortBestFirst(thread, width);

  if (thread == 0u) { output[request.outputStart] = count; }
  for (var i = thread; i < count; i += ${threads}u) {
    output[request.outputStart + 1u + i] = sorted[i].y;
    output[request.outputStart + 1u + request.top + i] = logProbability(sorted[i].x, total);
  }
}

// A bitonic sort.
fn sortBestFirst(thread: u32, width: u32) {
  for (var run = 2u; run <= width; run <<= 1u) {
    for (var distance = run / 2u; distance > 0u; distance >>= 1u) {
      workgroupBarrier();
      for (var pair = thread; pair < width / 2u; pair += ${threads}u) {
        let i = 2u * pair - (pair & (distance - 1u));
        let a = sorted[i];
        let b = sorted[i + distance];
        let inOrder = a.x > b.x || (a.x == b.x && a.y < b.y);
        if (inOrder != ((i & run) == 0u)) {
          sorted[i] = b;
          sorted[i + distance] = a;
        }
      }
    }
  }
  workgroupBarrier();
}

// Bits of it; NaN throughout where the row holds NaN or +Infinity, or nothing.
fn logProbability(key: u32, total: LogSum) -> u32 {
  if (isInvalid(total.key)) { return 0x7fc00000u; }
  if (key == 0u) { return 0xff800000u; }
  return bitcast<u32>(keyScore(key) - total.best - total.logSum);
}`;
  return {
    label: "selectTop",
    bindings: [
      { name: "requests", type: "array<Request>", access: "read" },
      { name: "ids", type: "array<u32>", access: "read" },
      { name: "scores", type: "array<u32>", access: "read" },
      { name: "masks", type: "array<u32>", access: "read" },
      { name: "groups", type: "array<vec2<u32>>", access: "read" },
      { name: "sums", type: "array<vec2<u32>>", access: "read" },
      { name: "listed", type: "array<u32>", access: "read_write" },
      { name: "output", type: "array<u32>", access: "read_write" },
    ],
    code,
  };
}
