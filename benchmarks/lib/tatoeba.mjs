// The pairs of ../shared, and samples of what is made of them.
import { createBitextReport, filterBitext, readBitext } from "@bayling/tuning";
import { sharedFile } from "./report.mjs";

/** The pairs of both files that pass the filters, in their order. */
export async function tatoebaPairs() {
  const report = createBitextReport();
  const inputs = ["de", "zh"].map((language) => ({
    ...{ format: "tsv", file: sharedFile(`corpora/tatoeba.en-${language}.tsv`), corpus: "tatoeba" },
    ...{ license: "CC-BY-2.0-FR", sourceLanguage: "en", targetLanguage: language === "zh" ? "zh-Hans" : "de" },
  }));
  const pairs = [];
  for await (const pair of filterBitext(readBitext(inputs, { report }), { report })) pairs.push(pair);
  return pairs;
}

/** Whole numbers below a limit, without end: the same from the same seed. */
export function* places(limit, seed) {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield Math.floor((state / 2 ** 32) * limit);
  }
}
