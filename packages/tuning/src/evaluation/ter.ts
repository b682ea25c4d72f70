import { countEdits } from "./edits/shift-edits.ts";
import type { Measure } from "./measure.ts";
import { type TercomOptions, tokenizeTercom } from "./tokenizers/tercom.ts";

/**
 * Translation edit rate (Snover et al. 2006) with the numbers of sacrebleu, in edits for 100 words of the reference.
 * Counts of a segment: edits to the closest reference, mean words of the references.
 */
export function ter(options: TercomOptions = {}): Measure {
  const { normalized = false, asianSupport = false, removePunctuation = false, caseSensitive = false } = options;
  const tokenize = (text: string) => tokenizeTercom(text, options);
  return {
    name: "TER",
    higherIsBetter: false,
    signature: [
      `case:${caseSensitive ? "mixed" : "lc"}`,
      "tok:tercom",
      `norm:${normalized ? "yes" : "no"}`,
      `punct:${removePunctuation ? "no" : "yes"}`,
      `asian:${asianSupport ? "yes" : "no"}`,
    ].join("|"),
    count: (hypothesis, references) => {
      const ours = tokenize(hypothesis);
      const theirs = references.map(tokenize);
      const edits = Math.min(...theirs.map((reference) => countEdits(ours, reference)));
      const words = theirs.reduce((total, reference) => total + reference.length, 0) / theirs.length;
      return Float64Array.of(edits, words);
    },
    score: ([edits = 0, words = 0]) => {
      if (words > 0) return (100 * edits) / words;
      return edits > 0 ? 100 : 0;
    },
  };
}
