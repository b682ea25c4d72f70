import { describe, expect, it } from "vitest";
import type { SentencePair } from "../bitext/sentence-pair.ts";
import { lexiconFromJson, lexiconToJson } from "./lexicon-json.ts";
import { mineTerms } from "./mine-terms.ts";
import { tokenize } from "./tokenize.ts";
import { lexiconKey, trainLexicons } from "./train-lexicon.ts";

const subjects = [
  ["the dog", "der Hund"],
  ["the bird", "der Vogel"],
  ["the farmer", "der Bauer"],
  ["the baker", "der Bäcker"],
] as const;
const verbs = [
  ["sees", "sieht"],
  ["hears", "hört"],
  ["finds", "findet"],
] as const;
const objects = [
  ["a red ball", "einen roten Ball"],
  ["a red apple", "einen roten Apfel"],
  ["a garden", "einen Garten"],
] as const;

function pair(source: string, target: string): SentencePair {
  return {
    source,
    target,
    sourceLanguage: "en",
    targetLanguage: "de",
    origin: { corpus: "made", file: "made", line: 1 },
  };
}

const pairs = subjects.flatMap(([en, de]) =>
  verbs.flatMap(([verb, Verb]) =>
    objects.map(([object, Objekt]) => pair(`Today ${en} ${verb} ${object}.`, `Heute ${Verb} ${de} ${Objekt}.`)),
  ),
);

async function trained() {
  return (await trainLexicons(pairs)).get(lexiconKey("de", "en"))!;
}

describe("a lexicon", () => {
  it("links the words of a language made of rules, in sentences that it has not seen", async () => {
    const lexicon = await trained();
    const { left, right, links } = lexicon.align(
      "The baker hears a red garden.",
      "en",
      "Der Bäcker hört einen roten Garten.",
    );
    const linked = links.map((link) => `${left[link.left]!.text}=${right[link.right]!.text}`);
    expect(linked).toEqual(expect.arrayContaining(["baker=Bäcker", "red=roten", "garden=Garten"]));
  });

  it("gives the same alignment in either order of the languages", async () => {
    const lexicon = await trained();
    for (const { source, target } of pairs.slice(0, 10)) {
      const forth = lexicon.align(source, "en", target).links.map(({ left, right }) => `${left} ${right}`);
      const back = lexicon.align(target, "de", source).links.map(({ left, right }) => `${right} ${left}`);
      expect(new Set(back)).toEqual(new Set(forth));
    }
  });

  it("is the same after JSON, and from the same pairs", async () => {
    const json = JSON.stringify(lexiconToJson(await trained()));
    expect(JSON.stringify(lexiconToJson(lexiconFromJson(JSON.parse(json))))).toBe(json);
    expect(JSON.stringify(lexiconToJson(await trained()))).toBe(json);
  });

  it("tells what belongs together from what does not", async () => {
    const lexicon = await trained();
    const source = "The dog finds a garden.";
    const own = lexicon.relatedness(source, "en", "Der Hund findet einen Garten.");
    expect(own).toBeGreaterThan(lexicon.relatedness(source, "en", "Der Bäcker hört einen roten Apfel.") + 0.5);
  });

  it("refuses what is no lexicon, and a language that it is not about", async () => {
    expect(() => lexiconFromJson({})).toThrow(/no lexicon/);
    const lexicon = await trained();
    expect(() => lexicon.translations("x", "fr")).toThrow(/not about the language/);
  });

  it("mines terms that stand in both texts, in whole words, without function words", async () => {
    const lexicon = await trained();
    for (const { source, target } of pairs) {
      for (const term of mineTerms(source, "en", target, lexicon, { leastStrictness: 0 })) {
        expect(source.slice(term.sourceStart)).toMatch(new RegExp(`^${term.source}(?!\\p{L})`, "u"));
        expect(target.slice(term.targetStart)).toMatch(new RegExp(`^${term.target}(?!\\p{L})`, "u"));
        expect(`${source.slice(0, term.sourceStart)}|`).toMatch(/(?:^|[^\p{L}])\|$/u);
        expect(term.source).not.toMatch(/^(?:the|a)$|^(?:the|a) | (?:the|a)$/u);
      }
    }
  });
});

describe("tokenize", () => {
  it.each([
    ["I don't know Tom's 1,234 dogs.", "en", ["I", "do", "n't", "know", "Tom", "'s", "1,234", "dogs"]],
    ["Die E-Mail kam gestern!", "de", ["Die", "E-Mail", "kam", "gestern"]],
    ["我的狗吃了。", "zh-Hans", ["我", "的", "狗", "吃", "了"]],
    ["他跑得很快。", "zh-Hans", ["他", "跑", "得", "很", "快"]],
    ["运动员在图书馆。", "zh-Hans", ["运动员", "在", "图书馆"]],
  ])("%s", (text, language, words) => {
    const tokens = tokenize(text, language);
    expect(tokens.map((token) => token.text)).toEqual(words);
    for (const { text: word, start, end } of tokens) expect(text.slice(start, end)).toBe(word);
  });
});
