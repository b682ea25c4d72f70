import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sharedFixture } from "../../testing/shared-fixtures.ts";
import { bleu } from "../bleu.ts";
import { constraintRate } from "../constraint-rate.ts";
import { scoreCorpus } from "../measure.ts";
import { tallyJudgements } from "./judge-tally.ts";
import { parseVerdictScores } from "./verdict-scores.ts";

function rows<Row>(path: string): Row[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

const reviews = sharedFixture("evaluation/reviews/bayling-13b.vs.gpt-3.5-turbo.multiturn.en.jsonl");
describe.skipIf(reviews === undefined)("published reviews", () => {
  interface Review {
    category: string;
    review: [string];
    score: [number, number];
  }

  it("give the scores that were published with them, the one in another form too", () => {
    const reread = rows<Review>(reviews!);
    for (const { review, score } of reread) expect(parseVerdictScores(review[0]), review[0]).toEqual(score);
    expect(reread.length).toBe(80);
  });

  it("give 32 wins, 11 ties, 37 losses and .918", () => {
    const judged = rows<Review>(reviews!).map(({ category, review }) => ({
      category,
      scores: parseVerdictScores(review[0])!,
    }));
    const { wins, ties, losses, ratio, byCategory } = tallyJudgements(judged);
    expect([wins, ties, losses, ratio.toFixed(3)]).toEqual([32, 11, 37, "0.918"]);
    const all = [...byCategory.values()].map((tally) => tally.wins + tally.ties + tally.losses);
    expect(all.reduce((total, count) => total + count)).toBe(80);
  });
});

describe.each([
  ["bayling-13b", "79.90", "63.62", "44.67"],
  ["gpt-3.5-turbo", "83.72", "69.86", "41.75"],
])("published constrained translations of %s", (system, terms, sentences, score) => {
  const path = sharedFixture(`evaluation/constrained/en-zh.${system}.jsonl`);
  it.skipIf(path === undefined)(`keep ${terms} % of terms, ${sentences} % of sentences, BLEU ${score}`, () => {
    const replies = rows<{ tgt: string; hypo: string; constraint: string[] }>(path!);
    const rate = constraintRate(replies.map(({ hypo, constraint }) => ({ reply: hypo, terms: constraint })));
    expect([rate.terms, rate.sentences]).toEqual([4651, 2037]);
    expect([rate.termRate.toFixed(2), rate.sentenceRate.toFixed(2)]).toEqual([terms, sentences]);
    const hypotheses = replies.map(({ hypo }) => hypo);
    const references = replies.map(({ tgt }) => [tgt]);
    expect(scoreCorpus(bleu({ tokenizer: "zh" }), hypotheses, references).toFixed(2)).toBe(score);
  });
});

describe("scores in a review", () => {
  it.each<[string, [number, number] | undefined]>([
    ["Score of the Assistant 1: 9\nScore of the Assistant 2: 8", [9, 8]],
    ["Score of Assistant 1: 8\nScore of Assistant 2: 9.5", [8, 9.5]],
    ["**Score of the Assistant 1:** 7/10\n**Score of the Assistant 2:** 10/10", [7, 10]],
    ["I give Assistant 1: 3 at first.\nScore of the Assistant 1: 4\nScore of the Assistant 2: 5", [4, 5]],
    ["助手1的得分：8\n助手2的得分：6", [8, 6]],
    ["Assistant 1's score is fine.\n8 9", [8, 9]],
    ["Rating: Answer 1: 6, Answer 2: 7", [6, 7]],
    ["8, 7.5\nBoth are good.", [8, 7.5]],
    ["Score of the Assistant 1: 90\nScore of the Assistant 2: 80", undefined],
    ["Assistant 1 has 3 errors.", undefined],
    ["In 1999 2000 people came", undefined],
    ["", undefined],
  ])("%s", (review, expected) => {
    expect(parseVerdictScores(review)).toEqual(expected);
  });

  it("never takes long, nor throws", () => {
    const piece = fc.constantFrom(
      "score ",
      "of ",
      "assistant ",
      "1",
      "2",
      ": ",
      "**",
      "9",
      ".",
      "\n",
      "助手",
      "的得分：",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 400 }), (pieces) => {
        const scores = parseVerdictScores(pieces.join(""));
        for (const score of scores ?? []) expect(score >= 0 && score <= 10).toBe(true);
      }),
    );
  });
});
