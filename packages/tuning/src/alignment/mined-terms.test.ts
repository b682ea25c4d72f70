import { expect, it } from "vitest";
import { readBitext } from "../bitext/read-bitext.ts";
import type { SentencePair } from "../bitext/sentence-pair.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { mineTerms } from "./mine-terms.ts";
import { trainLexicons } from "./train-lexicon.ts";

/** Whether a term stands where it is said to, and a Latin one has no Latin letter or digit on either side. */
function isWhole(text: string, term: string, start: number): boolean {
  const end = start + term.length;
  const isLatin = /^\p{Script=Latin}/u.test(term);
  const around = [text.slice(0, start).match(/.$/su)?.[0] ?? " ", text.slice(end).match(/^./su)?.[0] ?? " "];
  return (
    text.slice(start, end) === term && !(isLatin && around.some((beside) => /[\p{Script=Latin}\p{N}]/u.test(beside)))
  );
}

const corpora = (["de", "zh-Hans"] as const).map((language) => ({
  language,
  file: sharedFixture(`corpora/tatoeba.en-${language.slice(0, 2)}.tsv`),
}));

for (const { language, file } of corpora) {
  it.skipIf(file === undefined)(
    `terms mined from all pairs of English and ${language} stand whole in both sides`,
    async () => {
      const pairs: SentencePair[] = [];
      const input = { format: "tsv", file: file!, sourceLanguage: "en", targetLanguage: language } as const;
      for await (const pair of readBitext([input])) pairs.push(pair);
      const [lexicon] = (await trainLexicons(pairs)).values();
      const failed: string[] = [];
      let count = 0;
      for (const { source, target } of pairs) {
        for (const term of mineTerms(source, "en", target, lexicon!)) {
          count++;
          const isInBoth =
            isWhole(source, term.source, term.sourceStart) && isWhole(target, term.target, term.targetStart);
          if (!isInBoth) failed.push(`${term.source} = ${term.target}: ${source} | ${target}`);
        }
      }
      expect(failed).toEqual([]);
      expect(count).toBeGreaterThan(30_000);
      console.log(`${count} terms in ${pairs.length} pairs, all of them in both sides`);
    },
  );
}
