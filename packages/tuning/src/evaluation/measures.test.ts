import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bleu } from "./bleu.ts";
import { chrf } from "./chrf.ts";
import { type Measure, scoreCorpus } from "./measure.ts";
import { ter } from "./ter.ts";
import { tokenize13a, tokenizeCharacters, tokenizeChinese, tokenizeInternational } from "./tokenizers/mteval.ts";

const all: readonly Measure[] = [
  bleu(),
  bleu({ tokenizer: "zh" }),
  bleu({ tokenizer: "intl", effectiveOrder: true }),
  bleu({ tokenizer: "char", smoothing: "floor" }),
  bleu({ tokenizer: "none", smoothing: "add-k" }),
  chrf(),
  chrf({ wordOrder: 2 }),
  ter(),
  ter({ normalized: true, asianSupport: true, removePunctuation: true }),
];

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: fc.constantFrom(..."ab ,.1-我的。") }));

describe("every measure", () => {
  it.each(all)("$name $signature gives what it gives for equal texts to equal texts alone", (measure) => {
    const words = "the cat sat on the mat , and slept".split(" ");
    const best = scoreCorpus(measure, [words.join(" ")], [[words.join(" ")]]);
    expect(best).toBeCloseTo(measure.higherIsBetter ? 100 : 0, 10);
    fc.assert(
      fc.property(text, text, (hypothesis, reference) => {
        const score = scoreCorpus(measure, [hypothesis], [[reference]]);
        expect(score).toBeGreaterThanOrEqual(0);
        if (measure.higherIsBetter) expect(score).toBeLessThanOrEqual(100 + 1e-9);
      }),
    );
  });

  it.each(all)("$name $signature adds up: a corpus scores as the sum of its segments", (measure) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 6 }), (pairs) => {
        const counts = pairs.map(([hypothesis, reference]) => measure.count(hypothesis, [reference]));
        const sums = counts[0]!.map((_, column) => counts.reduce((total, row) => total + row[column]!, 0));
        const [hypotheses, references] = [pairs.map(([ours]) => ours), pairs.map(([, theirs]) => [theirs])];
        expect(scoreCorpus(measure, hypotheses, references)).toBe(measure.score(sums));
      }),
    );
  });

  it.each(all)("$name $signature never falls when a reference is added that is the hypothesis", (measure) => {
    fc.assert(
      fc.property(text, text, (hypothesis, reference) => {
        const before = scoreCorpus(measure, [hypothesis], [[reference]]);
        const after = scoreCorpus(measure, [hypothesis], [[reference, hypothesis]]);
        if (measure.higherIsBetter) expect(after).toBeGreaterThanOrEqual(before - 1e-9);
        else if (before > 0) expect(measure.count(hypothesis, [reference, hypothesis])[0]).toBe(0);
      }),
    );
  });

  it("refuses what does not go together", () => {
    for (const references of [[], [["a"], ["b"]], [[]]]) {
      expect(() => scoreCorpus(bleu(), ["a"], references)).toThrow(/one reference or more for each of 1 segments/);
    }
    expect(() => scoreCorpus(bleu(), [], [])).toThrow(/at least one segment/);
  });
});

describe("BLEU by hand", () => {
  // Ten tokens against eleven; 9, 7, 5 and 3 n-grams match.
  const hypothesis = "the quick brown fox jumps over the lazy old dog";
  const reference = "the quick brown fox jumped over the lazy old dog now";

  it("is the brevity penalty times the geometric mean of the precisions", () => {
    const measure = bleu({ tokenizer: "none" });
    const details = measure.details(measure.count(hypothesis, [reference]));
    const precisions = [9 / 10, 7 / 9, 5 / 8, 3 / 7];
    for (const [index, precision] of precisions.entries()) {
      expect(details.precisions[index]).toBeCloseTo(100 * precision, 10);
    }
    expect([details.hypothesisLength, details.referenceLength]).toEqual([10, 11]);
    expect(details.brevityPenalty).toBeCloseTo(Math.exp(-0.1), 12);
    const mean = precisions.reduce((product, precision) => product * precision, 1) ** 0.25;
    expect(details.score).toBeCloseTo(100 * Math.exp(-0.1) * mean, 10);
  });

  it("clips by the reference that has most of an n-gram, and compares lengths with the closest", () => {
    const measure = bleu({ tokenizer: "none" });
    const counts = measure.count("the the the the", ["the cat", "the the cat is on the mat"]);
    expect([...counts.slice(0, 4)]).toEqual([4, 2, 3, 1]);
    expect(measure.count("a b c", ["a b", "a b c d"])[1]).toBe(2);
  });

  it.each([
    ["exp", 100 * (0.5 * (1 / 2 / 1)) ** 0.5],
    ["floor", 100 * (0.5 * 0.1) ** 0.5],
    ["add-k", 100 * (0.5 * (1 / 2)) ** 0.5],
    ["none", 0],
  ] as const)("smooths by %s", (smoothing, expected) => {
    const measure = bleu({ tokenizer: "none", smoothing, effectiveOrder: smoothing !== "add-k" });
    const counts = measure.count("a b", ["a c"]);
    if (smoothing !== "add-k") expect(measure.score(counts)).toBeCloseTo(expected, 10);
    // Orders without n-grams count as k of k here.
    else expect(measure.score(counts)).toBeCloseTo(100 * (0.5 * 0.5) ** 0.25, 10);
  });
});

describe("tokenizers", () => {
  it.each([
    ["Hello, world!", "Hello , world !"],
    ["It costs 1,000.50 dollars.", "It costs 1,000.50 dollars ."],
    ["a &quot;b&quot; &amp; c", 'a " b " & c'],
    ["1999-2000", "1999 - 2000"],
    ["(x)/y", "( x ) / y"],
    ["don't", "don't"],
  ])("13a: %s", (line, expected) => {
    expect(tokenize13a(line).join(" ")).toBe(expected);
  });

  it.each([
    ["我喜欢BLEU，真的。", "我 喜 欢 BLEU ， 真 的 。"],
    ["他说“好”", "他 说 “ 好 ”"],
    ["3.5公里", "3.5 公 里"],
  ])("zh: %s", (line, expected) => {
    expect(tokenizeChinese(line).join(" ")).toBe(expected);
  });

  it("intl splits marks and symbols of all scripts, but not within numbers", () => {
    expect(tokenizeInternational("«Ja», 3,5 €!").join(" ")).toBe("« Ja » , 3,5 € !");
  });

  it("char counts characters, not code units", () => {
    expect(tokenizeCharacters("a 𠀀b")).toEqual(["a", "𠀀", "b"]);
  });
});

describe("TER by hand", () => {
  it.each([
    ["a b c d", "a b c d", 0, 4],
    ["a b x d", "a b c d", 1, 4],
    ["a b c", "a b c d", 1, 4],
    ["d a b c", "a b c d", 1, 4], // one move
    ["c d a b", "a b c d", 1, 4], // one move of a phrase
    ["A B", "a b", 0, 2],
    ["", "a b", 2, 2],
    ["a b", "", 2, 0],
  ])("%s → %s", (hypothesis, reference, edits, words) => {
    expect([...ter().count(hypothesis, [reference])]).toEqual([edits, words]);
  });

  it("never needs more edits than replacing everything", () => {
    const words = fc.array(fc.constantFrom(..."abcdefg"), { maxLength: 40 });
    fc.assert(
      fc.property(words, words, (hypothesis, reference) => {
        const [edits] = ter().count(hypothesis.join(" "), [reference.join(" ")]);
        expect(edits).toBeLessThanOrEqual(Math.max(hypothesis.length, reference.length));
        expect(edits).toBeGreaterThanOrEqual(Math.abs(hypothesis.length - reference.length));
      }),
    );
  });

  it("stays within its beam for lengths that have nothing to do with each other", () => {
    const many = "a b ".repeat(200).trim();
    expect(ter().count("a", [many])[0]).toBe(399);
    expect(ter().count(many, ["a"])[0]).toBe(399);
  });
});
