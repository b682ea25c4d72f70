import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scoreText } from "../generation/score-text.ts";
import type { Model } from "../model.ts";
import { tinyModel } from "../testing/tiny-model.ts";
import { scoreTranslation, scoreWords, spellTokens, tokenSpans } from "./word-scores.ts";

let model: Model;
beforeAll(async () => {
  model = await tinyModel();
});
afterAll(() => model.dispose());

describe("scores of a text", () => {
  it("are the log-probabilities that generation reports", async () => {
    const prompt = [1, 260, 264];
    const generated: { token: number; logprob: number }[] = [];
    for await (const { token, logprob } of model.generate(prompt, { maxTokens: 50, logprobs: 3, ignoreEnd: true })) {
      generated.push({ token, logprob: logprob! });
    }
    const sequence = await model.createSequence();
    const text = generated.map(({ token }) => token);
    for (const known of [0, prompt.length + text.length - 1]) {
      expect(sequence.position).toBe(known);
      const scored = await scoreText(sequence, model.tokenizer, prompt, text, { alternatives: 3 });
      expect(scored.map(({ token }) => token)).toEqual(text);
      for (const [index, { logprob, alternatives }] of scored.entries()) {
        expect(logprob).toBeCloseTo(generated[index]!.logprob, 4);
        expect(alternatives[0]!.logprob).toBeCloseTo(logprob, 4); // it was greedy
        expect(alternatives).toHaveLength(3);
      }
    }
    sequence.dispose();
  });

  it("are given to words: each has the tokens that it has a part in", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[abc é你好the ]{1,40}$/), fc.constantFrom("en", "zh"), (text, language) => {
        const { tokenizer } = model;
        const tokens = tokenizer.encode(text, { addBos: false });
        const spans = tokenSpans(tokenizer, tokens);
        const offset = spans.at(-1)!.end - text.length;
        expect(offset).toBeGreaterThanOrEqual(0);
        const scored = tokens.map((token, index) => ({ token, logprob: -index, alternatives: [] }));
        const words = scoreWords(text, language, scored, spans, offset);
        for (const word of words) {
          expect(text.slice(word.start, word.end)).toBe(word.text);
          expect(word.endToken).toBeGreaterThan(word.firstToken);
          const decoder = tokenizer.createDecoder();
          const before = tokens
            .slice(0, word.firstToken)
            .map((token) => decoder.push(token))
            .join("");
          const within = tokens
            .slice(word.firstToken, word.endToken)
            .map((token) => decoder.push(token))
            .join("");
          expect(before.length).toBeLessThanOrEqual(word.start + offset);
          expect(before.length + within.length).toBeGreaterThanOrEqual(word.end + offset);
          expect(word.confidence).toBeCloseTo(Math.exp(-(word.endToken - 1)), 6);
        }
        expect(words.map((word) => word.text).join("")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });
});

describe("scores of a translation", () => {
  const prompt = [1, 260, 264];
  const encode = (text: string) => model.tokenizer.encode(text, { addBos: false });

  async function score(text: string, written?: string) {
    const sequence = await model.createSequence();
    const request = { prompt, text, language: "en", leadingSpace: false };
    const scores = await scoreTranslation(sequence, model.tokenizer, {
      ...request,
      written: written === undefined ? undefined : encode(written),
    });
    sequence.dispose();
    return scores;
  }

  it.each([
    ["the lines of what was written are joined", "the cat ab", "the cat\nab"],
    ["a name was put in", "the Cat sat", "the [b] sat"],
    ["a sentence before it was cut off", "the cat", "a cat: the cat"],
    ["what was cut off says the same", "the cat sat", "the cat sat b c: the cat sat"],
    ["nobody but a person wrote it", "the cat, b.", undefined],
    ["the tokenizer changes it", "a▁b the▁cat", undefined],
    ["it was written, and the tokenizer changes it", "a▁b", "c\nb"],
  ])("are of the words' own tokens where %s", async (_, text, written) => {
    const { words, tokens } = await score(text, written);
    expect(words.map((word) => word.text)).toEqual(text.match(/\p{L}+/gu));
    for (const word of words) {
      const own = tokens.slice(word.firstToken, word.endToken);
      const ids = own.map(({ token }) => token);
      expect(spellTokens(model.tokenizer, ids)).toContain(word.text);
      expect(word.confidence).toBeCloseTo(Math.exp(Math.min(...own.map(({ logprob }) => logprob))), 6);
      expect(word.confidence).toBeLessThan(1);
    }
  });

  it("take the last place of what was written that holds the translation", async () => {
    const written = "the cat sat b c: the cat sat";
    const { tokens, offset } = await score("the cat sat", written);
    expect(tokens.map(({ token }) => token)).toEqual(encode(written));
    expect(spellTokens(model.tokenizer, encode(written)).slice(offset)).toBe("the cat sat");
  });

  it("leave out words that no token has a part in", () => {
    expect(scoreWords("the cat", "en", [], [], 0)).toEqual([]);
    const ids = encode("the");
    const scored = ids.map((token) => ({ token, logprob: -1, alternatives: [] }));
    const words = scoreWords("the cat", "en", scored, tokenSpans(model.tokenizer, ids), 1);
    expect(words.map(({ text }) => text)).toEqual(["the"]);
  });
});
