import type { Direction } from "./align-words.ts";
import { Diagonal, distance } from "./diagonal.ts";
import { LinkPosteriors } from "./link-posteriors.ts";
import { PairCounts } from "./pair-counts.ts";
import { tableOf } from "./translation-table.ts";

/** What one side of a corpus is made of. */
export interface CorpusSide {
  /** Ids of words, from 1 on, text by text. */
  readonly texts: readonly Uint32Array[];
  /** How many ids there are, 0 among them. */
  readonly size: number;
  /** The stems of words, by id of the word, as ids from 1 on. */
  readonly stems: Uint32Array;
}

const rounds = 8;
/** Before, where words stand is not asked, as in IBM model 1: what they agree on too soon is the diagonal. */
const firstTuned = 2;
/** From here on both directions learn from what they agree on. */
const firstAgreeing = 3;
/** Rare words borrow from others of their stem until this round. */
const firstOfWords = 7;
/** Of the Dirichlet prior: what is rare in a row gets next to nothing. */
const alpha = 0.01;
const leastKept = 1e-4;

/**
 * Trains t(right | left) and t(left | right) by expectation maximisation, each as fast_align does (Dyer, Chahuneau and
 * Smith 2013): a diagonal prior whose tension is learned too, an empty word, and a sparse Dirichlet prior over each row
 * (variational Bayes). In the later rounds a link counts in both as much as both find it probable (Liang, Taskar and Klein
 * 2006, "Alignment by Agreement"), which keeps rare words from taking all that is left over in their texts.
 * @throws the reason of the signal
 */
export function trainDirections(left: CorpusSide, right: CorpusSide, signal?: AbortSignal): [Direction, Direction] {
  let model = new Model(stemmed(left), stemmed(right));
  for (let round = 0; round < rounds; round++) {
    signal?.throwIfAborted();
    if (round === firstOfWords) model = model.ofWords(left, right);
    model.improve(round >= firstAgreeing, round >= firstTuned);
  }
  return model.directions();
}

function stemmed({ texts, stems }: CorpusSide): CorpusSide {
  const size = stems.reduce((most, stem) => Math.max(most, stem), 0) + 1;
  return {
    texts: texts.map((text) => text.map((word) => stems[word]!)),
    size,
    stems: Uint32Array.from({ length: size }),
  };
}

class Model {
  readonly #left: CorpusSide;
  readonly #right: CorpusSide;
  readonly #pairs = new PairCounts();
  #forward: Float64Array;
  #backward: Float64Array;
  /** t(word | no word), of left words and of right ones. */
  #emptyLeft: Float64Array;
  #emptyRight: Float64Array;
  #forwardPrior = new Diagonal(0);
  #backwardPrior = new Diagonal(0);

  constructor(left: CorpusSide, right: CorpusSide) {
    [this.#left, this.#right] = [left, right];
    for (let text = 0; text < left.texts.length; text++) {
      for (const word of left.texts[text]!) for (const other of right.texts[text]!) this.#pairs.add(word, other);
    }
    this.#forward = new Float64Array(this.#pairs.size).fill(1 / right.size);
    this.#backward = new Float64Array(this.#pairs.size).fill(1 / left.size);
    this.#emptyLeft = new Float64Array(left.size).fill(1 / left.size);
    this.#emptyRight = new Float64Array(right.size).fill(1 / right.size);
  }

  /** The same for words, from a model of their stems. */
  ofWords(left: CorpusSide, right: CorpusSide): Model {
    const model = new Model(left, right);
    for (let place = 0; place < model.#pairs.size; place++) {
      const stems = this.#pairs.find(left.stems[model.#pairs.left(place)]!, right.stems[model.#pairs.right(place)]!);
      model.#forward[place] = this.#forward[stems]!;
      model.#backward[place] = this.#backward[stems]!;
    }
    model.#emptyLeft = Float64Array.from(left.stems, (stem) => this.#emptyLeft[stem]!);
    model.#emptyRight = Float64Array.from(right.stems, (stem) => this.#emptyRight[stem]!);
    [model.#forwardPrior, model.#backwardPrior] = [this.#forwardPrior, this.#backwardPrior];
    return model;
  }

  /** One round of expectation and maximisation. */
  improve(isAgreeing: boolean, isTuning: boolean): void {
    const [left, right, pairs] = [this.#left, this.#right, this.#pairs];
    const [forward, backward] = [new Float64Array(pairs.size), new Float64Array(pairs.size)];
    const [emptyLeft, emptyRight] = [new Float64Array(left.size), new Float64Array(right.size)];
    const [forwardAway, backwardAway] = [new Mean(), new Mean()];
    const posteriors = new LinkPosteriors();
    let places = new Int32Array(1024);
    for (let text = 0; text < left.texts.length; text++) {
      const [lefts, rights] = [left.texts[text]!, right.texts[text]!];
      const [rows, columns] = [lefts.length, rights.length];
      if (places.length < rows * columns) places = new Int32Array(rows * columns * 2);
      posteriors.begin(rows, columns);
      for (let row = 0; row < rows; row++) {
        posteriors.emptyRows[row] = this.#emptyLeft[lefts[row]!]!;
        for (let column = 0; column < columns; column++) {
          const at = row * columns + column;
          const place = pairs.find(lefts[row]!, rights[column]!);
          places[at] = place;
          posteriors.forward[at] = this.#forward[place]!;
          posteriors.backward[at] = this.#backward[place]!;
        }
      }
      for (let column = 0; column < columns; column++) {
        posteriors.emptyColumns[column] = this.#emptyRight[rights[column]!]!;
      }
      posteriors.normalise(this.#forwardPrior, this.#backwardPrior);
      if (isAgreeing) agree(posteriors);
      for (let row = 0; row < rows; row++) {
        emptyLeft[lefts[row]!]! += posteriors.emptyRows[row]!;
        for (let column = 0; column < columns; column++) {
          const at = row * columns + column;
          const [there, back] = [posteriors.forward[at]!, posteriors.backward[at]!];
          const away = distance(row, column, rows, columns);
          forward[places[at]!]! += there;
          backward[places[at]!]! += back;
          forwardAway.add(away, there);
          backwardAway.add(away, back);
        }
      }
      for (let column = 0; column < columns; column++) emptyRight[rights[column]!]! += posteriors.emptyColumns[column]!;
    }
    this.#forward = maximised(forward, left.size, (place) => pairs.left(place));
    this.#backward = maximised(backward, right.size, (place) => pairs.right(place));
    this.#emptyLeft = maximised(emptyLeft, 1, () => 0);
    this.#emptyRight = maximised(emptyRight, 1, () => 0);
    if (!isTuning) return;
    this.#forwardPrior = new Diagonal(tuned(left, right, this.#forwardPrior.tension, forwardAway.value));
    this.#backwardPrior = new Diagonal(tuned(right, left, this.#backwardPrior.tension, backwardAway.value));
  }

  directions(): [Direction, Direction] {
    const [left, right, pairs] = [this.#left, this.#right, this.#pairs];
    const forward: [number, number, number][] = [];
    const backward: [number, number, number][] = [];
    for (let word = 1; word < right.size; word++) forward.push([0, word, this.#emptyRight[word]!]);
    for (let word = 1; word < left.size; word++) backward.push([0, word, this.#emptyLeft[word]!]);
    for (let place = 0; place < pairs.size; place++) {
      forward.push([pairs.left(place), pairs.right(place), this.#forward[place]!]);
      backward.push([pairs.right(place), pairs.left(place), this.#backward[place]!]);
    }
    const kept = (entries: [number, number, number][]) =>
      entries.filter(([, , probability]) => probability >= leastKept);
    return [
      { table: tableOf(kept(forward), left.size), tension: this.#forwardPrior.tension },
      { table: tableOf(kept(backward), right.size), tension: this.#backwardPrior.tension },
    ];
  }
}

/** Leaves in both directions what both agree on, and gives the empty word the rest. */
function agree(posteriors: LinkPosteriors): void {
  const { rows, columns, forward, backward, emptyRows, emptyColumns } = posteriors;
  emptyRows.fill(1, 0, rows);
  emptyColumns.fill(1, 0, columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = row * columns + column;
      const share = posteriors.agreement(row, column);
      forward[place] = share;
      backward[place] = share;
      emptyRows[row]! -= share;
      emptyColumns[column]! -= share;
    }
  }
}

class Mean {
  #sum = 0;
  #weight = 0;

  get value(): number {
    return this.#sum / this.#weight;
  }

  add(value: number, weight: number): void {
    this.#sum += value * weight;
    this.#weight += weight;
  }
}

/** Probabilities of what was counted, within its row, by variational Bayes. */
function maximised(counts: Float64Array, rows: number, rowOf: (place: number) => number): Float64Array {
  const totals = new Float64Array(rows);
  for (let place = 0; place < counts.length; place++) totals[rowOf(place)]! += counts[place]! + alpha;
  const logTotals = totals.map((total) => (total > 0 ? digamma(total) : 0));
  return counts.map((count, place) => Math.exp(digamma(Math.max(0, count) + alpha) - logTotals[rowOf(place)]!));
}

/** The tension under which the prior alone would be as far from the diagonal as the links are. */
function tuned(left: CorpusSide, right: CorpusSide, tension: number, observed: number): number {
  const sizes = new Map<number, number>();
  let words = 0;
  for (let text = 0; text < left.texts.length; text++) {
    const [rows, columns] = [left.texts[text]!.length, right.texts[text]!.length];
    const key = rows * 65_536 + columns;
    sizes.set(key, (sizes.get(key) ?? 0) + 1);
    words += columns;
  }
  let result = tension;
  for (let step = 0; step < 8; step++) {
    const diagonal = new Diagonal(result);
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
    result = Math.min(14, Math.max(0.1, result + (expected / words - observed) * 20));
  }
  return result;
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
