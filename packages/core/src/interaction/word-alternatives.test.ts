import { afterEach, describe, expect, it, vi } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { expectError } from "../testing/expect-error.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { checkAlternativesCount, type WordAlternative, wordAlternatives } from "./word-alternatives.ts";
import { scoreTranslation, type TranslationScores } from "./word-scores.ts";

const models: Model[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) await model.dispose();
});

const prompt = [1, 260, 264];

interface Scored {
  readonly model: Model;
  readonly scores: TranslationScores;
  readonly alternatives: (index: number, count: number) => Promise<WordAlternative[]>;
}

/** A text with every token of the vocabulary as an alternative at each of its places. */
async function score(text: string, { maxSequences = 8 } = {}): Promise<Scored> {
  const file = await tinyGguf((metadata) => {
    metadata.set("llama.context_length", { type: "uint32", value: 256 });
  });
  const model = await loadModel(file, { backend: cpu(), contextLength: 256, maxSequences });
  models.push(model);
  const sequence = await model.createSequence();
  const scores = await scoreTranslation(sequence, model.tokenizer, {
    ...{ prompt, text, language: "en", leadingSpace: false, written: undefined },
    alternatives: model.tokenizer.vocabularySize,
  });
  const alternatives = (index: number, count: number) =>
    wordAlternatives(model, { ...scores, word: scores.words[index]!, text, language: "en", count });
  return { model, scores, alternatives };
}

describe("other words", () => {
  it("begin with none of the tokens that stand for no text", async () => {
    const { model, scores, alternatives } = await score("the cat sat");
    const offered = scores.tokens[scores.words[1]!.firstToken]!.alternatives.map(({ token }) => token);
    expect(offered).toEqual(expect.arrayContaining([0, 1, 2]));
    const generate = vi.spyOn(model, "generate");
    const found = await alternatives(1, 1000);
    expect(found.length).toBeGreaterThan(3);
    const begun = generate.mock.calls.map(([tokens]) => (tokens as number[]).at(-1)!);
    expect(begun.length).toBeGreaterThan(200);
    for (const token of begun) expect(token).toBeGreaterThan(2);
    for (const { text, prefix } of found) {
      expect(prefix).toBe(`the ${text}`);
      expect(text).toMatch(/^[\p{L}\p{N}\p{M}_]/u);
    }
  });

  it("are found with what a model can hold besides the sequences of a session", async () => {
    const { model, alternatives } = await score("the cat sat", { maxSequences: 3 });
    const suggestions = await model.createSequence();
    const few = await alternatives(1, 5);
    expect(suggestions.disposed).toBe(false);
    expect(few).toEqual(await (await score("the cat sat")).alternatives(1, 5));
    expect(few).toHaveLength(5);
  });

  it("are offered for a text that the tokenizer changes", async () => {
    const { scores, alternatives } = await score("a▁b");
    expect(scores.words.map(({ text }) => text)).toEqual(["a", "b"]);
    const found = await alternatives(1, 3);
    expect(found).toHaveLength(3);
    for (const { text, prefix } of found) expect(prefix).toBe(`a▁${text}`);
  });

  it("are none where a word has no tokens", async () => {
    const { model, scores } = await score("the cat");
    const word = { ...scores.words[0]!, firstToken: scores.tokens.length, endToken: scores.tokens.length };
    const request = { ...scores, word, text: "the cat", language: "en", count: 3 };
    expect(await wordAlternatives(model, request)).toEqual([]);
    expect(await wordAlternatives(model, { ...request, tokens: [], word: scores.words[0]! })).toEqual([]);
  });

  it("are counted with whole numbers", async () => {
    const { alternatives } = await score("the cat");
    expect(await alternatives(1, 0)).toEqual([]);
    for (const count of [-1, Number.NaN, 1.5, Infinity, "x", null, undefined]) {
      await expectError("argument-invalid", () => alternatives(1, count as number));
      await expectError("argument-invalid", () => checkAlternativesCount(count));
    }
  });
});
