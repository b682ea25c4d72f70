import type { Measure } from "./measure.ts";
import { countMatches, countNgrams } from "./ngram-counts.ts";
import { removeWhitespace, splitWords } from "./tokenizers/python-text.ts";

export interface ChrfOptions {
  /** Longest character n-grams. Default 6. */
  readonly characterOrder?: number | undefined;
  /** Longest word n-grams: 0 (default) for chrF, 2 for chrF++. */
  readonly wordOrder?: number | undefined;
  /** How much more recall weighs than precision. Default 2. */
  readonly beta?: number | undefined;
  readonly lowercase?: boolean | undefined;
}

/**
 * chrF and chrF++ (Popović 2015, 2017) with the numbers of sacrebleu. Counts of a segment, for each order of characters
 * and then of words: n-grams of the hypothesis, of the best reference, matches.
 */
export function chrf(options: ChrfOptions = {}): Measure {
  const { characterOrder = 6, wordOrder = 0, beta = 2, lowercase = false } = options;
  const units = (text: string) => {
    const cased = lowercase ? text.toLowerCase() : text;
    return { characters: [...removeWhitespace(cased)], words: splitWords(cased).flatMap(splitPunctuation) };
  };
  const count = (hypothesis: string, references: readonly string[]): Float64Array => {
    const [ours, ...theirs] = [hypothesis, ...references].map(units);
    const characters = countNgrams([ours!.characters, ...theirs.map((text) => text.characters)], characterOrder);
    const words = wordOrder === 0 ? [] : countNgrams([ours!.words, ...theirs.map((text) => text.words)], wordOrder);
    const orders = [...characters, ...words];
    let best: Float64Array | undefined;
    for (let reference = 1; reference <= references.length; reference++) {
      const counts = new Float64Array(3 * orders.length);
      for (const [index, sequences] of orders.entries()) {
        const total = sum(sequences[reference]!);
        // Where the reference has no n-grams of this order, those of the hypothesis are no mistakes.
        counts[3 * index] = total === 0 ? 0 : sum(sequences[0]!);
        counts[3 * index + 1] = total;
        counts[3 * index + 2] = countMatches(sequences[0]!, sequences[reference]!);
      }
      if (best === undefined || fScore(counts, beta) > fScore(best, beta)) best = counts;
    }
    return best!;
  };
  return {
    name: `chrF${beta === 2 ? "" : beta}${"+".repeat(wordOrder)}`,
    higherIsBetter: true,
    signature: `case:${lowercase ? "lc" : "mixed"}|eff:yes|nc:${characterOrder}|nw:${wordOrder}|space:no`,
    count,
    score: (counts) => fScore(counts, beta),
  };
}

/** A mark of ASCII at the end of a word, or else at its beginning, is a word of its own. */
function splitPunctuation(word: string): string[] {
  const characters = [...word];
  if (characters.length === 1) return [word];
  if (isPunctuation(characters.at(-1)!)) return [characters.slice(0, -1).join(""), characters.at(-1)!];
  return isPunctuation(characters[0]!) ? [characters[0]!, characters.slice(1).join("")] : [word];
}

function isPunctuation(character: string): boolean {
  return /[!-/:-@[-`{-~]/.test(character);
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

function fScore(counts: Float64Array, beta: number): number {
  let precision = 0;
  let recall = 0;
  let orders = 0;
  for (let index = 0; index < counts.length; index += 3) {
    const [hypothesis, reference, matches] = [counts[index]!, counts[index + 1]!, counts[index + 2]!];
    if (hypothesis === 0 || reference === 0) continue;
    precision += matches / hypothesis;
    recall += matches / reference;
    orders++;
  }
  if (precision + recall === 0) return 0;
  const weight = beta ** 2;
  return (100 * (1 + weight) * precision * recall) / (weight * precision + recall) / orders;
}
