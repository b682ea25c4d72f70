import { readFileSync } from "node:fs";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { beforeAll, describe, expect, it } from "vitest";
import { type GgufFile, readGguf } from "../formats/gguf-reader.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { tokenizerJsonOfGguf } from "../testing/tokenizer-json-of-gguf.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { createTokenizerFromGguf } from "./tokenizer-from-gguf.ts";
import { createTokenizerFromJson } from "./tokenizer-from-json.ts";

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
}

function goldenCases(path: string): Case[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Case);
}

/** llama.cpp's own cases: texts in one file, ids in the other, a line each. */
function publishedCases(path: string): Case[] {
  const texts = readFileSync(path.replace(".gguf", ".inp"), "utf8").split("\n__ggml_vocab_test__\n");
  const lines = readFileSync(path.replace(".gguf", ".out"), "utf8").split("\n");
  return texts.map((text, index) => ({ text, ids: (lines[index]!.match(/\d+/g) ?? []).map(Number) }));
}

/** Texts that hold special tokens: each between words, doubled, cut short, and beside spaces. */
function specialTexts(tokenizer: Tokenizer, texts: readonly string[]): string[] {
  const specials: string[] = [];
  for (let id = 0; id < tokenizer.vocabularySize; id++) {
    const text = tokenizer.tokenText(id);
    if (tokenizer.isControl(id) || text === "<unk>" || text.startsWith("[PAD")) specials.push(text);
  }
  return texts.flatMap((text, index) => {
    const special = specials[index % specials.length]!;
    const other = specials[(index * 7 + 3) % specials.length]!;
    const half = Math.floor(text.length / 2);
    return [
      `${special}${text}`,
      `${text.slice(0, half).toWellFormed()} ${special} ${other}${text.slice(half).toWellFormed()}`,
      `${special.slice(0, -1)}${special}${special.slice(1)}  ${text}${other}`,
    ];
  });
}

describe.each(["llama-spm", "llama-bpe", "qwen2"])("the vocabulary %s", (name) => {
  const path = sharedFixture(`tokenizers/${name}.gguf`);
  const test = it.skipIf(path === undefined);
  let file: GgufFile;
  let tokenizer: Tokenizer;
  let cases: Case[];

  const plainTexts = (): string[] => cases.map(({ text }) => text.toWellFormed());

  beforeAll(async () => {
    if (path === undefined) return;
    file = await readGguf(path);
    await file.dispose();
    tokenizer = createTokenizerFromGguf(file.metadata, name);
    cases = [...goldenCases(path.replace(".gguf", ".golden.jsonl")), ...publishedCases(path)];
  });

  test("gives every published id", () => {
    expect(cases.length).toBeGreaterThan(700);
    for (const { text, ids } of cases)
      expect({ text, ids: tokenizer.encode(text, { addBos: false }) }).toEqual({ text, ids });
  });

  test("decodes the published ids", () => {
    for (const { text, ids } of cases) {
      const plain = text.toWellFormed();
      expect(tokenizer.decode(ids)).toBe(name === "llama-spm" ? plain.replaceAll("▁", " ") : plain);
    }
  });

  test("gives the ids of @huggingface/tokenizers when turned into tokenizer.json", () => {
    const json = tokenizerJsonOfGguf(file, name);
    const ours = createTokenizerFromJson(json, name);
    const theirs = new HuggingFaceTokenizer(json, {});
    // The two libraries disagree on whether U+FEFF and U+0085 are white space.
    const texts = plainTexts().filter((text) => !/[\ufeff\u0085]/.test(text));
    const some = texts.filter((_, index) => index % 5 === 0);
    for (const text of [...texts, ...specialTexts(tokenizer, some)]) {
      const { ids } = theirs.encode(text, { add_special_tokens: false });
      expect({ text, ids: ours.encode(text, { addBos: false, parseSpecial: true }) }).toEqual({ text, ids });
    }
  });

  test("gives llama.cpp's ids with special tokens parsed", async () => {
    const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
    const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.disabled });
    const model = await llama.loadModel({ modelPath: path!, vocabOnly: true });
    try {
      for (const text of specialTexts(tokenizer, plainTexts())) {
        // llama.cpp takes Qwen's ordinary token "</s>" for a control token, on the strength of its spelling.
        if (name === "qwen2" && text.includes("</s>")) continue;
        const theirs = {
          text,
          parsed: Array.from(model.tokenize(text, true)),
          plain: Array.from(model.tokenize(text)),
        };
        const parsed = tokenizer.encode(text, { addBos: false, parseSpecial: true });
        expect({ text, parsed, plain: tokenizer.encode(text, { addBos: false }) }).toEqual(theirs);
      }
    } finally {
      await model.dispose();
      await llama.dispose();
    }
  });
});

describe("a Hugging Face folder", () => {
  const path = sharedFixture("fixtures/families/llama-plain-hf/tokenizer.json");
  const texts = sharedFixture("tokenizers/llama-spm.golden.jsonl");

  it.skipIf(path === undefined || texts === undefined)("gives the ids of @huggingface/tokenizers", async () => {
    const tokenizer = await loadTokenizer(path!);
    const reference = new HuggingFaceTokenizer(JSON.parse(readFileSync(path!, "utf8")), {});
    for (const { text } of goldenCases(texts!)) {
      expect(tokenizer.encode(text, { parseSpecial: true })).toEqual(reference.encode(text).ids);
    }
  });
});
