import { Diagonal, distance, nullShare } from "./diagonal.ts";
import { PairCounts } from "./pair-counts.ts";
import { type TranslationTable, tableOf } from "./translation-table.ts";

/** Sentence pairs as ids, one after the other. */
export interface PairCorpus {
  readonly left: readonly Uint32Array[];
  readonly right: readonly Uint32Array[];
  readonly leftSize: number;
  readonly rightSize: number;
}

export interface TrainedDirection {
  readonly table: TranslationTable;
  readonly tension: number;
}

const rounds = 5;
/** Of the Dirichlet prior: what is rare in a row gets next to nothing. */
const alpha = 0.01;
const leastKept = 1e-4;

/**
 * Trains t(right | left) by expectation maximisation, as fast_align does: a diagonal prior whose tension is learned too,
 * an empty word, and a sparse Dirichlet prior over each row (variational Bayes).
 */
export function trainDirection(corpus: PairCorpus, signal?: AbortSignal): TrainedDirection {
  const counts = new PairCounts();
  const { left, right } = corpus;
  for (let pair = 0; pair < left.length; pair++) {
    for (const word of right[pair]!) {
      counts.add(0, word);
      for (const other of left[pair]!) counts.add(other, word);
    }
  }
  const probabilities = new Float64Array(counts.size).fill(1 / corpus.rightSize);
  let diagonal = new Diagonal(4);
  for (let round = 0; round < rounds; round++) {
    signal?.throwIfAborted();
    const observed = expect(corpus, counts, probabilities, diagonal);
    maximise(counts, probabilities, corpus.leftSize);
    if (round > 0) diagonal = new Diagonal(tune(corpus, diagonal.tension, observed));
  }
  const entries: [number, number, number][] = [];
  for (let place = 0; place < counts.size; place++) {
    const probability = probabilities[place]!;
    if (probability >= leastKept) entries.push([counts.left(place), counts.right(place), probability]);
  }
  return { table: tableOf(entries, corpus.leftSize), tension: diagonal.tension };
}

/** Counts expected links into `counts.values`. @returns the mean distance of links from the diagonal */
function expect(
  { left, right }: PairCorpus,
  counts: PairCounts,
  probabilities: Float64Array,
  diagonal: Diagonal,
): number {
  const values = counts.values;
  values.fill(0);
  let away = 0;
  let words = 0;
  let places = new Int32Array(64);
  let shares = new Float64Array(64);
  for (let pair = 0; pair < left.length; pair++) {
    const [from, to] = [left[pair]!, right[pair]!];
    const prior = diagonal.table(from.length, to.length);
    if (places.length < from.length) {
      places = new Int32Array(from.length * 2);
      shares = new Float64Array(from.length * 2);
    }
    for (let column = 0; column < to.length; column++) {
      const empty = counts.find(0, to[column]!);
      const unaligned = nullShare * probabilities[empty]!;
      let sum = unaligned;
      for (let row = 0; row < from.length; row++) {
        const place = counts.find(from[row]!, to[column]!);
        places[row] = place;
        const share = (1 - nullShare) * prior[column * from.length + row]! * probabilities[place]!;
        shares[row] = share;
        sum += share;
      }
      words++;
      values[empty]! += unaligned / sum;
      for (let row = 0; row < from.length; row++) {
        const share = shares[row]! / sum;
        values[places[row]!]! += share;
        away += share * distance(row, column, from.length, to.length);
      }
    }
  }
  return away / words;
}

function maximise(counts: PairCounts, probabilities: Float64Array, leftSize: number): void {
  const totals = new Float64Array(leftSize);
  for (let place = 0; place < counts.size; place++) totals[counts.left(place)]! += counts.values[place]! + alpha;
  const logTotals = totals.map((total) => (total > 0 ? digamma(total) : 0));
  for (let place = 0; place < counts.size; place++) {
    probabilities[place] = Math.exp(digamma(counts.values[place]! + alpha) - logTotals[counts.left(place)]!);
  }
}

/** The tension under which the prior alone would be as far from the diagonal as the links are. */
function tune({ left, right }: PairCorpus, tension: number, observed: number): number {
  const sizes = new Map<number, number>();
  let words = 0;
  for (let pair = 0; pair < left.length; pair++) {
    const key = left[pair]!.length * 65_536 + right[pair]!.length;
    sizes.set(key, (sizes.get(key) ?? 0) + 1);
    words += right[pair]!.length;
  }
  let tuned = tension;
  for (let step = 0; step < 8; step++) {
    const diagonal = new Diagonal(tuned);
    let expected = 0;
    for (const [key, count] of sizes) {
      const [rows, columns] = [Math.floor(key / 65_536), key % 65_536];
      const table = diagonal.table(rows, columns);
      for (let column = 0; column < columns; column++) {
        for (let row = 0; row < rows; row++) {
          expected += count * table[column * rows + row]! * distance(row, column, rows, columns);
        }
      }
    }
    tuned = Math.min(14, Math.max(0.1, tuned + (expected / words - observed) * 20));
  }
  return tuned;
}

/** ψ(x), by its recurrence up to 7 and its asymptotic series from there. */
function digamma(x: number): number {
  let shifted = x;
  let result = 0;
  while (shifted < 7) {
    result -= 1 / shifted;
    shifted += 1;
  }
  const inverse = 1 / (shifted * shifted);
  const series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)));
  return result + Math.log(shifted) - 0.5 / shifted - series;
}
