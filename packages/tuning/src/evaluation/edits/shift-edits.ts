import { BeamEditDistance, Edit } from "./beam-edit-distance.ts";

/** Words that move together at most, how far, and how many moves of one sentence are tried; as Tercom. */
const longestShift = 10;
const farthestShift = 50;
const mostCandidates = 1000;

interface Shift {
  /** Edits that it saves. */
  readonly gain: number;
  readonly length: number;
  readonly start: number;
  readonly target: number;
  readonly words: Uint32Array;
}

/**
 * The edits that turn a hypothesis into a reference: insertions, deletions, substitutions of words, and moves of phrases,
 * found greedily as in Tercom (Snover et al. 2006).
 */
export function countEdits(hypothesis: readonly string[], reference: readonly string[]): number {
  if (reference.length === 0) return hypothesis.length;
  const numbers = new Map<string, number>();
  const [start, goal] = [hypothesis, reference].map((words) =>
    Uint32Array.from(words, (word) => {
      if (!numbers.has(word)) numbers.set(word, numbers.size);
      return numbers.get(word)!;
    }),
  ) as [Uint32Array, Uint32Array];
  const distances = new BeamEditDistance(goal);
  let words = start;
  let shifts = 0;
  let candidates = 0;
  for (;;) {
    const found = findShift(words, goal, distances, candidates);
    candidates = found.candidates;
    if (candidates >= mostCandidates || found.best === undefined || found.best.gain <= 0) break;
    shifts++;
    words = found.best.words;
  }
  return shifts + distances.measure(words).distance;
}

function findShift(
  words: Uint32Array,
  reference: Uint32Array,
  distances: BeamEditDistance,
  candidatesBefore: number,
): { readonly best: Shift | undefined; readonly candidates: number } {
  const { distance, edits } = distances.measure(words);
  const { places, wrongInReference, wrongInHypothesis } = align(edits);
  let best: Shift | undefined;
  let candidates = candidatesBefore;
  for (const [start, goal, length] of matchingPhrases(words, reference)) {
    // Only what is wrong where it stands, and missing where it goes.
    if (!wrongInHypothesis.slice(start, start + length).some(Boolean)) continue;
    if (!wrongInReference.slice(goal, goal + length).some(Boolean)) continue;
    const place = places[goal]!;
    if (start <= place && place < start + length) continue;
    let previous = -1;
    for (let offset = -1; offset < length && goal + offset < places.length; offset++) {
      const target = goal + offset === -1 ? 0 : places[goal + offset]! + 1;
      if (target === previous) continue;
      previous = target;
      const shifted = move(words, start, length, target);
      const candidate = { gain: distance - distances.measure(shifted).distance, length, start, target, words: shifted };
      candidates++;
      if (best === undefined || compare(candidate, best) > 0) best = candidate;
    }
    if (candidates >= mostCandidates) break;
  }
  return { best, candidates };
}

/** Higher gain first, then the longer, the earlier, the earlier target. */
function compare(one: Shift, other: Shift): number {
  const difference =
    one.gain - other.gain || one.length - other.length || other.start - one.start || other.target - one.target;
  if (difference !== 0) return difference;
  const at = one.words.findIndex((word, index) => word !== other.words[index]);
  return at === -1 ? 0 : one.words[at]! - other.words[at]!;
}

interface Alignment {
  /** For each word of the reference the last word of the hypothesis that stands at it or before. */
  readonly places: readonly number[];
  readonly wrongInReference: readonly boolean[];
  readonly wrongInHypothesis: readonly boolean[];
}

function align(edits: readonly Edit[]): Alignment {
  const places: number[] = [];
  const wrongInReference: boolean[] = [];
  const wrongInHypothesis: boolean[] = [];
  for (const edit of edits) {
    if (edit !== Edit.Insert) wrongInHypothesis.push(edit !== Edit.Keep);
    if (edit !== Edit.Delete) {
      places.push(wrongInHypothesis.length - 1);
      wrongInReference.push(edit !== Edit.Keep);
    }
  }
  return { places, wrongInReference, wrongInHypothesis };
}

/** Every phrase that both have: where it starts in the one, in the other, and its words. */
function* matchingPhrases(words: Uint32Array, reference: Uint32Array): Generator<readonly [number, number, number]> {
  for (let start = 0; start < words.length; start++) {
    const first = Math.max(0, start - farthestShift);
    const last = Math.min(reference.length - 1, start + farthestShift);
    for (let goal = first; goal <= last; goal++) {
      let length = 0;
      while (
        length < longestShift &&
        start + length < words.length &&
        goal + length < reference.length &&
        words[start + length] === reference[goal + length]
      ) {
        length++;
        yield [start, goal, length];
      }
    }
  }
}

/** Moves `length` words from `start` to before `target`. */
function move(words: Uint32Array, start: number, length: number, target: number): Uint32Array {
  const end = start + length;
  const phrase = words.subarray(start, end);
  // Hazard: a target within the phrase counts from behind it, as in Tercom.
  const [before, between, after] =
    target < start
      ? [words.subarray(0, target), words.subarray(target, start), words.subarray(end)]
      : target > end
        ? [words.subarray(0, start), words.subarray(end, target), words.subarray(target)]
        : [words.subarray(0, start), words.subarray(end, length + target), words.subarray(length + target)];
  const parts = target < start ? [before, phrase, between, after] : [before, between, phrase, after];
  const moved = new Uint32Array(words.length);
  let offset = 0;
  for (const part of parts) {
    moved.set(part, offset);
    offset += part.length;
  }
  return moved;
}
