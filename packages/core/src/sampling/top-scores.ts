import { logSumExp } from "./log-softmax.ts";
import { isAllowed } from "./token-mask.ts";

/** The best tokens of a row of scores, best first; log-probabilities over the whole row, natural logarithm. */
export interface TopScores {
  readonly ids: Uint32Array;
  readonly logProbabilities: Float32Array;
  /** Log-probabilities of the ids that were asked for, in their order. */
  readonly selected: Float32Array;
}

/**
 * Takes the `count` best tokens (ties: the lower id first) out of a row, and the log-probabilities of `ids`.
 * Tokens outside `mask` are left out of the best, but the distribution stays the whole one.
 */
export function topScores(
  scores: Float32Array,
  count: number,
  ids: readonly number[] = [],
  mask?: Uint32Array | undefined,
): TopScores {
  const total = logSumExp(scores);
  const best = bestTokens(scores, count, mask);
  return {
    ids: best,
    logProbabilities: Float32Array.from(best, (id) => scores[id]! - total),
    selected: Float32Array.from(ids, (id) => scores[id]! - total),
  };
}

/** The ids of the `count` best finite scores, best first, by a bounded min-heap: O(length · log count). */
export function bestTokens(
  scores: Float32Array,
  count: number,
  mask?: Uint32Array | undefined,
): Uint32Array<ArrayBuffer> {
  const heap = new Uint32Array(Math.min(count, scores.length));
  let size = 0;
  const worse = (a: number, b: number) => scores[a]! < scores[b]! || (scores[a]! === scores[b]! && a > b);
  const sink = (from: number, end: number) => {
    const id = heap[from]!;
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= end) break;
      if (child + 1 < end && worse(heap[child + 1]!, heap[child]!)) child++;
      if (!worse(heap[child]!, id)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = id;
  };
  let least = -Infinity;
  for (let id = 0; id < scores.length; id++) {
    // Of equal scores the lower id is there already. NaN is not less, and must not be lost.
    if (scores[id]! <= least || (mask !== undefined && !isAllowed(mask, id))) continue;
    if (size < heap.length) heap[size++] = id;
    else if (size > 0 && worse(heap[0]!, id)) heap[0] = id;
    else continue;
    if (size < heap.length) continue;
    if (least === -Infinity) for (let at = size >>> 1; at >= 0; at--) sink(at, size);
    else sink(0, size);
    least = scores[heap[0]!]!;
  }
  if (size < heap.length) for (let i = size >>> 1; i >= 0; i--) if (i < size) sink(i, size);
  for (let end = size - 1; end > 0; end--) {
    const id = heap[end]!;
    heap[end] = heap[0]!;
    heap[0] = id;
    sink(0, end);
  }
  return heap.slice(0, size);
}
