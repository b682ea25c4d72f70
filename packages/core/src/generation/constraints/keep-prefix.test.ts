import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../../cpu/cpu-backend.ts";
import { loadModel } from "../../load-model.ts";
import type { Model } from "../../model.ts";
import { expectError } from "../../testing/expect-error.ts";
import { sharedFixture } from "../../testing/shared-fixtures.ts";
import { tinyModel } from "../../testing/tiny-model.ts";
import { awkwardTexts, byteLevelTokenizer, sentencePieceTokenizer } from "../../testing/vocabularies.ts";
import { loadTokenizer } from "../../tokenizer/load-tokenizer.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { keepPrefix, splitPrefix } from "./keep-prefix.ts";

const encoder = new TextEncoder();
const corpus = sharedFixture("corpora/tatoeba.en-zh.tsv");

/** Both sides of lines of the corpus, or sentences of our own. */
function sentences(count: number): string[] {
  const own = [
    "The quick brown fox.",
    "Der Hund läuft über die Straße.",
    "机器翻译是翻译语言的机器。",
    "👍🏽 été naïve",
  ];
  const found =
    corpus === undefined
      ? own
      : readFileSync(corpus, "utf8")
          .split("\n", count)
          .flatMap((line) => line.split("\t").slice(0, 2));
  return found.filter((sentence) => sentence !== "");
}

function cut(sentence: string, choice: number): Uint8Array {
  const bytes = encoder.encode(sentence);
  return bytes.slice(0, 1 + (choice % bytes.length));
}

function startsWith(text: string, prefix: Uint8Array): boolean {
  const bytes = encoder.encode(text);
  return prefix.every((byte, index) => bytes[index] === byte);
}

describe("keepPrefix", () => {
  it("accepts what begins with the prefix and nothing else", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        fc.boolean(),
        (prefix, text, continued) => {
          const constraint = keepPrefix(prefix);
          const whole = continued ? prefix + text : text;
          let state: number | undefined = constraint.begin();
          for (const byte of encoder.encode(whole)) if (state !== undefined) state = constraint.step(state, byte);
          const accepted = state !== undefined && constraint.mayEnd(state);
          expect(accepted).toBe(whole.startsWith(prefix));
          if (accepted) expect(constraint.bytesToEnd(state!)).toBe(0);
        },
      ),
    );
    expect(keepPrefix("né").bytesToEnd(1)).toBe(2);
  });

  it.each([undefined, 5, null, ["a"], "\ud83d", Uint8Array.of(0x80), Uint8Array.of(0xc0), Uint8Array.of(0xed, 0xa0)])(
    "refuses %j",
    async (prefix) => {
      await expectError("argument-invalid", () => keepPrefix(prefix as string));
      await expectError("argument-invalid", () => splitPrefix(byteLevelTokenizer(), prefix as string));
    },
  );
});

function checkSplit(tokenizer: Tokenizer, prefix: Uint8Array, leadingSpace: boolean): number {
  const { tokens, begun, rest } = splitPrefix(tokenizer, prefix, { leadingSpace });
  expect([...begun, ...rest]).toEqual([...prefix]);
  const bytes = tokens.flatMap((token) => [...tokenizer.tokenBytes(token)]);
  const added = bytes.length - begun.length;
  expect(added === 0 || (leadingSpace && added === 1 && bytes[0] === 0x20)).toBe(true);
  expect(bytes.slice(added)).toEqual([...begun]);
  if (tokens.length === 0) expect(begun.length).toBe(0);
  return begun.length;
}

describe.each([
  ["byte-level", byteLevelTokenizer()],
  ["sentencepiece", sentencePieceTokenizer()],
])("splitPrefix over a %s vocabulary", (_, tokenizer) => {
  it("loses no byte", () => {
    fc.assert(
      fc.property(fc.constantFrom(...awkwardTexts), fc.nat(), fc.boolean(), (text, choice, leadingSpace) => {
        checkSplit(tokenizer, cut(text || "x", choice), leadingSpace);
      }),
    );
  });
});

const vocabularies = ["llama-spm", "llama-bpe", "qwen2"].map((name) => sharedFixture(`tokenizers/${name}.gguf`));

describe.skipIf(vocabularies.includes(undefined) || corpus === undefined).each(vocabularies)(
  "splitPrefix over %s",
  (path) => {
    it("feeds tokens that the whole sentence begins with", async () => {
      const tokenizer = await loadTokenizer(path!);
      let fed = 0;
      let bytes = 0;
      let stable = 0;
      const short = sentences(2500);
      const all = short.slice(0, 500).map((_, index) => short.slice(5 * index, 5 * index + 5).join(" "));
      for (const [index, sentence] of all.entries()) {
        const prefix = cut(sentence, index * 7919);
        bytes += prefix.length;
        fed += checkSplit(tokenizer, prefix, true);
        const { tokens } = splitPrefix(tokenizer, prefix, { leadingSpace: true });
        const whole = tokenizer.encode(sentence, { addBos: false });
        if (tokens.every((token, place) => token === whole[place])) stable++;
      }
      expect(fed / bytes).toBeGreaterThan(0.75);
      expect(stable / all.length).toBeGreaterThan(0.995);
    });
  },
);

const stories = sharedFixture("fixtures/stories260K.gguf");

describe.each([
  ["a random model with bytes", true, () => tinyModel({ maxSequences: 6 })],
  [
    "a model that tells stories",
    stories !== undefined,
    () => loadModel(stories!, { backend: cpu(), maxSequences: 6, contextLength: 512 }),
  ],
] as const)("prefixes of sentences, kept by %s", (_, available, load) => {
  let model: Model;
  beforeAll(async () => {
    if (available) model = await load();
  });
  afterAll(() => model?.dispose());

  it.skipIf(!available)("stand byte for byte, cut wherever it may be, 1,000 times", async () => {
    const short = sentences(2000).filter((sentence) => encoder.encode(sentence).length < 60);
    for (let round = 0; round < 1000; round++) {
      const prefix = cut(short[(round * 31) % short.length]!, round * 7919);
      const options = {
        ...{ constraints: [keepPrefix(prefix)], maxTokens: prefix.length + 5, onContextFull: "stop" as const },
        ...(round % 3 === 0 ? { temperature: 1, seed: round } : round % 3 === 1 ? {} : { beams: 2 }),
      };
      const text = await model.generate([1], options).text();
      expect(startsWith(text, prefix)).toBe(true);
      expect(text).not.toContain("\ufffd");
    }
  });

  it.skipIf(!available)("may stand in the prompt as far as they are stable", async () => {
    for (const [index, sentence] of sentences(40).slice(0, 60).entries()) {
      const prefix = cut(sentence.slice(0, 60), index * 7919);
      const { tokens, begun, rest } = splitPrefix(model.tokenizer, prefix);
      const constraints = [keepPrefix(prefix)];
      const text = await model.generate([1, ...tokens], { constraints, begun, maxTokens: 40 }).text();
      expect(startsWith(text, rest)).toBe(true);
    }
  });
});
