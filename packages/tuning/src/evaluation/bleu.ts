import type { Measure } from "./measure.ts";
import { countMatches, countNgrams } from "./ngram-counts.ts";
import { tokenize13a, tokenizeCharacters, tokenizeChinese, tokenizeInternational } from "./tokenizers/mteval.ts";
import { splitWords, trimEnd } from "./tokenizers/python-text.ts";

export type BleuTokenizer = "13a" | "zh" | "char" | "intl" | "none";

export type BleuSmoothing = "exp" | "floor" | "add-k" | "none";

export interface BleuOptions {
  /** Default `13a`; `zh` for Chinese references. */
  readonly tokenizer?: BleuTokenizer | undefined;
  /** What stands in for a precision of zero. Default `exp`. */
  readonly smoothing?: BleuSmoothing | undefined;
  /** Of `floor` (default 0.1) and `add-k` (default 1). */
  readonly smoothingValue?: number | undefined;
  readonly lowercase?: boolean | undefined;
  /** Leave out the orders that no n-gram of the text has; for single sentences. Default false. */
  readonly effectiveOrder?: boolean | undefined;
}

/** What a score of BLEU is made of. */
export interface BleuDetails {
  /** Of 100. */
  readonly score: number;
  /** Of n-grams of 1 to 4 tokens, of 100. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  /** Tokens. */
  readonly hypothesisLength: number;
  /** Tokens; where there are several references, of the closest one. */
  readonly referenceLength: number;
}

const order = 4;

const tokenizers: Readonly<Record<BleuTokenizer, (text: string) => string[]>> = {
  "13a": tokenize13a,
  zh: tokenizeChinese,
  char: tokenizeCharacters,
  intl: tokenizeInternational,
  none: splitWords,
};

const smoothingNames: Readonly<Record<BleuSmoothing, string>> = {
  exp: "exp",
  floor: "floor",
  "add-k": "add-k",
  none: "none",
};

const smoothingDefaults: Readonly<Partial<Record<BleuSmoothing, number>>> = { floor: 0.1, "add-k": 1 };

export interface BleuMeasure extends Measure {
  /** The score of summed counts with what it is made of. */
  details(counts: Float64Array): BleuDetails;
}

/**
 * BLEU (Papineni et al. 2002) with the numbers of sacrebleu (Post 2018). Counts of a segment: tokens of the hypothesis,
 * tokens of the closest reference, matches of the four orders, n-grams of the four orders.
 */
export function bleu(options: BleuOptions = {}): BleuMeasure {
  const { tokenizer = "13a", smoothing = "exp", lowercase = false, effectiveOrder = false } = options;
  const { smoothingValue = smoothingDefaults[smoothing] } = options;
  const split = tokenizers[tokenizer];
  const tokenize = (text: string) => split(trimEnd(lowercase ? text.toLowerCase() : text));
  const value = smoothingValue === undefined ? "" : `[${smoothingValue.toFixed(2)}]`;
  const details = (counts: Float64Array) => scoreCounts(counts, { smoothing, smoothingValue, effectiveOrder });
  return {
    name: "BLEU",
    higherIsBetter: true,
    signature: [
      `case:${lowercase ? "lc" : "mixed"}`,
      `eff:${effectiveOrder ? "yes" : "no"}`,
      `tok:${tokenizer}`,
      `smooth:${smoothingNames[smoothing]}${value}`,
    ].join("|"),
    count: (hypothesis, references) => countSegment(tokenize(hypothesis), references.map(tokenize)),
    score: (counts) => details(counts).score,
    details,
  };
}

function countSegment(hypothesis: readonly string[], references: readonly (readonly string[])[]): Float64Array {
  const counts = new Float64Array(2 + 2 * order);
  counts[0] = hypothesis.length;
  counts[1] = closestLength(hypothesis.length, references);
  for (const [index, [ours, ...theirs]] of countNgrams([hypothesis, ...references], order).entries()) {
    // A reference that says it more often allows it more often.
    const allowed = new Uint32Array(ours!.length);
    for (const reference of theirs) {
      for (let id = 0; id < allowed.length; id++) allowed[id] = Math.max(allowed[id]!, reference[id]!);
    }
    counts[2 + index] = countMatches(ours!, allowed);
    counts[2 + order + index] = Math.max(0, hypothesis.length - index);
  }
  return counts;
}

/** Of two that are equally close, the shorter one. */
function closestLength(length: number, references: readonly (readonly string[])[]): number {
  const lengths = references.map((reference) => reference.length);
  const distance = Math.min(...lengths.map((other) => Math.abs(other - length)));
  return Math.min(...lengths.filter((other) => Math.abs(other - length) === distance));
}

interface Smoothing {
  readonly smoothing: BleuSmoothing;
  readonly smoothingValue: number | undefined;
  readonly effectiveOrder: boolean;
}

function scoreCounts(counts: Float64Array, { smoothing, smoothingValue, effectiveOrder }: Smoothing): BleuDetails {
  const [hypothesisLength = 0, referenceLength = 0] = counts;
  const precisions = new Array<number>(order).fill(0);
  const brevityPenalty = penalizeBrevity(hypothesisLength, referenceLength);
  const lengths = { brevityPenalty, hypothesisLength, referenceLength };
  const matches = counts.slice(2, 2 + order);
  const totals = counts.slice(2 + order);
  if (!matches.some((count) => count > 0)) return { score: 0, precisions, ...lengths };
  let halving = 1;
  let orders = order;
  for (let index = 0; index < order; index++) {
    if (smoothing === "add-k" && index > 0) {
      matches[index]! += smoothingValue!;
      totals[index]! += smoothingValue!;
    }
    if (totals[index] === 0) break;
    if (effectiveOrder) orders = index + 1;
    if (matches[index]! > 0) {
      precisions[index] = (100 * matches[index]!) / totals[index]!;
    } else if (smoothing === "exp") {
      halving *= 2;
      precisions[index] = 100 / (halving * totals[index]!);
    } else if (smoothing === "floor") {
      precisions[index] = (100 * smoothingValue!) / totals[index]!;
    }
  }
  // One precision of zero makes the geometric mean zero.
  const sum = precisions.slice(0, orders).reduce((total, precision) => total + Math.log(precision), 0);
  return { score: brevityPenalty * Math.exp(sum / orders), precisions, ...lengths };
}

function penalizeBrevity(hypothesisLength: number, referenceLength: number): number {
  if (hypothesisLength >= referenceLength) return 1;
  return hypothesisLength > 0 ? Math.exp(1 - referenceLength / hypothesisLength) : 0;
}
