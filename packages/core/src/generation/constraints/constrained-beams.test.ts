import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BayLingError } from "../../errors.ts";
import type { Model } from "../../model.ts";
import { logSoftmax } from "../../sampling/log-softmax.ts";
import { tinyModel } from "../../testing/tiny-model.ts";
import type { Beam, Candidate } from "../beam.ts";
import type { GenerateOptions } from "../generation-options.ts";
import { chooseFromBanks } from "./beam-banks.ts";
import { forbid } from "./forbid.ts";
import { requireTerms } from "./require-terms.ts";

const prompt = [1, 260, 265, 266];

describe("beam search under constraints", () => {
  let model: Model;
  /** The tokens that may be drawn: a, b, a space and "▁the". */
  let alphabet: readonly number[];
  let logitBias: Record<number, number>;
  beforeAll(async () => {
    model = await tinyModel({ maxSequences: 300 });
    const { tokenizer } = model;
    alphabet = ["a", "b", "▁", "▁the"].map((text) => tokenizer.tokenId(text)!);
    const others = Array.from({ length: tokenizer.vocabularySize }, (_, token) => token);
    logitBias = Object.fromEntries(
      others.filter((token) => !alphabet.includes(token)).map((token) => [token, -Infinity]),
    );
  });
  afterAll(() => model.dispose());

  /** All texts of `length` tokens with their log-probabilities, best first. */
  async function everyText(length: number): Promise<{ text: string; logprob: number }[]> {
    let texts: { tokens: number[]; logprob: number }[] = [{ tokens: [], logprob: 0 }];
    for (let count = 0; count < length; count++) {
      const longer: typeof texts = [];
      for (const { tokens, logprob } of texts) {
        const sequence = await model.createSequence();
        const scores = logSoftmax(await sequence.evaluate([...prompt, ...tokens]));
        sequence.dispose();
        for (const token of alphabet) longer.push({ tokens: [...tokens, token], logprob: logprob + scores[token]! });
      }
      texts = longer;
    }
    const { tokenizer } = model;
    const spell = (tokens: readonly number[]) => tokens.map((token) => tokenizer.tokenText(token)).join("");
    return texts
      .map(({ tokens, logprob }) => ({ text: spell(tokens).replaceAll("▁", " "), logprob }))
      .sort((a, b) => b.logprob - a.logprob);
  }

  it("finds the best of all texts that meet them, if it is wide enough, and refuses if there is none", async () => {
    const texts = await everyText(4);
    let none = 0;
    for (const terms of [
      ["ab"],
      ["a b"],
      ["the"],
      ["b the", "a"],
      ["bb", "ab"],
      ["a", "b", "the"],
      ["abba", "the"],
      ["c"],
    ]) {
      for (const forbidden of [[], ["b"], ["the"], ["a the"]]) {
        const holds = (text: string) =>
          terms.every((term) => new RegExp(`(?<!\\S)${term}(?!\\S)`, "u").test(text)) &&
          forbidden.every((term) => !new RegExp(`(?<!\\S)${term.replace(" ", "\\s+")}(?!\\S)`, "u").test(text));
        const expected = texts.filter(({ text }) => holds(text));
        const options: GenerateOptions = {
          ...{ beams: 256, maxTokens: 4, ignoreEnd: true, logitBias },
          constraints: [requireTerms(terms), ...(forbidden.length === 0 ? [] : [forbid(forbidden)])],
        };
        const generation = model.generate(prompt, options);
        if (expected.length === 0) {
          none++;
          await expect(generation.text()).rejects.toSatisfy(BayLingError.isInstance);
          continue;
        }
        expect(await generation.text()).toBe(expected[0]!.text);
        expect(generation.hypotheses[0]!.logprob).toBeCloseTo(expected[0]!.logprob, 3);
        expect(new Set(generation.hypotheses.map(({ text }) => text))).toEqual(
          new Set(expected.slice(0, 256).map(({ text }) => text)),
        );
      }
    }
    expect(none).toBeGreaterThan(5);
  });

  it("keeps what it promises with few beams", async () => {
    for (const terms of [["ab"], ["a b", "the"], ["bb", "ab"], ["a", "b", "the"]]) {
      for (const beams of [2, 3, 5]) {
        const options: GenerateOptions = { beams, maxTokens: 12, ignoreEnd: true, logitBias };
        const generation = model.generate(prompt, { ...options, constraints: [requireTerms(terms)] });
        await generation.text();
        for (const { text } of generation.hypotheses) {
          for (const term of terms) expect(text).toMatch(new RegExp(`(?<!\\S)${term}(?!\\S)`, "u"));
        }
      }
    }
  });

  it("needs no more sequences than beams", async () => {
    const small = await tinyModel({ maxSequences: 4 });
    const constraints = [requireTerms(["the cat", "sat", "好"])];
    for (let token = 200; token < 212; token++) {
      const text = await small.generate([1, token], { beams: 4, maxTokens: 16, constraints }).text();
      expect(text).toMatch(/the cat/u);
    }
    await small.dispose();
  });
});

describe("slots of banks", () => {
  const beam = {} as Beam;
  /** Candidates by name, `progress:logprob` each; those that end have a dot. */
  const candidates = (...names: string[]) =>
    names.map(
      (name, token): Candidate => ({ beam, drawn: { token }, logprob: Number.parseFloat(name.split(":")[1]!) }),
    );
  const choose = (width: number, ...names: string[]) => {
    const progress = ({ drawn }: Candidate) => Number.parseInt(names[drawn.token]!, 10);
    const ends = ({ drawn }: Candidate) => names[drawn.token]!.endsWith(" end");
    const { survivors, ended } = chooseFromBanks(candidates(...names), width, { progress, ends });
    const name = ({ drawn }: Candidate) => names[drawn.token];
    return { survivors: survivors.map(name), ended: ended.map(name) };
  };

  it.each([
    ["are all for one bank", 2, ["0:-1", "0:-2", "0:-3"], ["0:-1", "0:-2"], []],
    ["are shared, the rest to the most progress", 3, ["0:-1", "0:-2", "5:-7", "5:-8"], ["0:-1", "5:-7", "5:-8"], []],
    [
      "go to others where a bank has too few",
      4,
      ["0:-1", "0:-2", "0:-3", "5:-7"],
      ["0:-1", "0:-2", "0:-3", "5:-7"],
      [],
    ],
    ["keep the first and the last of many banks", 2, ["0:-1", "1:-2", "2:-3", "9:-9"], ["0:-1", "9:-9"], []],
    ["are not taken by what ends", 2, ["3:-1 end", "3:-2", "3:-3"], ["3:-2", "3:-3"], ["3:-1 end"]],
    ["let nothing end that is not among the best of its bank", 2, ["3:-1", "3:-2", "3:-3 end"], ["3:-1", "3:-2"], []],
    ["are none without candidates", 3, [], [], []],
  ])("%s", (_, width, names, survivors, ended) => {
    expect(choose(width, ...names)).toEqual({ survivors, ended });
  });
});
