import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../errors.ts";
import { expectError } from "../testing/expect-error.ts";
import {
  awkwardTexts,
  byteLevelTokenizer,
  byteLevelVocabulary,
  sentencePieceTokenizer,
  sentencePieceVocabulary,
  type TokenizerJsonFile,
  tokenizerJson,
} from "../testing/vocabularies.ts";
import { createTokenizerFromJson } from "./tokenizer-from-json.ts";

const byteLevel = tokenizerJson("byte-level", byteLevelVocabulary);
const sentencePiece = tokenizerJson("sentencepiece", sentencePieceVocabulary);

const template = (token: string, id: number) => ({
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});

const split = (Regex: string, more: object = {}) => ({
  type: "Split",
  pattern: { Regex },
  behavior: "Isolated",
  invert: false,
  ...more,
});
const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
const sequence = (...pretokenizers: object[]) => ({ type: "Sequence", pretokenizers });
const begin = byteLevelVocabulary.tokens.indexOf("<|begin|>");

/** Files that differ in one part each. */
const variants: readonly [name: string, file: TokenizerJsonFile][] = [
  ["LLaMA 3's", { ...byteLevel, post_processor: template("<|begin|>", begin) }],
  ["Qwen's, with NFC", { ...byteLevel, normalizer: { type: "NFC" } }],
  ["GPT-2's", { ...byteLevel, pre_tokenizer: { ...bytes, use_regex: true } }],
  ["with a space in front", { ...byteLevel, pre_tokenizer: { ...bytes, use_regex: true, add_prefix_space: true } }],
  ["without whole words", { ...byteLevel, model: { ...byteLevel.model, ignore_merges: false } }],
  ["without words", { ...byteLevel, pre_tokenizer: bytes }],
  ["with a pattern of its own", { ...byteLevel, pre_tokenizer: sequence(split("\\d|[^\\s\\d]{1,5}"), bytes) }],
  [
    "with a literal to split at",
    { ...byteLevel, pre_tokenizer: sequence({ ...split(""), pattern: { String: "e" } }, bytes) },
  ],
  [
    "with several patterns",
    { ...byteLevel, pre_tokenizer: sequence(split("\\p{N}{1,3}"), split("[一-龥]+"), { ...bytes, use_regex: true }) },
  ],
  ["LLaMA 2's", { ...sentencePiece, post_processor: template("<s>", 1) }],
  [
    "Mistral's, with Metaspace",
    {
      ...sentencePiece,
      normalizer: null,
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false },
    },
  ],
  [
    "with Metaspace everywhere",
    {
      ...sentencePiece,
      normalizer: null,
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: false },
    },
  ],
  [
    "Gemma's, without a prefix",
    { ...sentencePiece, normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" } },
  ],
  [
    "with merges as lines",
    { ...byteLevel, model: { ...byteLevel.model, merges: byteLevelVocabulary.merges.map((pair) => pair.join(" ")) } },
  ],
];

/** The other library strips white space by JavaScript's rules, which count U+FEFF and not U+0085. */
const comparable = (text: string): string => text.replaceAll(/[\ufeff\u0085]/g, "").toWellFormed();

const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.constantFrom(...awkwardTexts, " the", "翻译", "<tool>", "▁", "e\u0301"),
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => comparable(parts.join("")));

describe.each(variants)("a tokenizer.json like %s", (_name, file) => {
  it("gives the ids that @huggingface/tokenizers gives", () => {
    const tokenizer = createTokenizerFromJson(file, "tokenizer.json");
    const reference = new HuggingFaceTokenizer(structuredClone(file), {});
    fc.assert(
      fc.property(text, (sample) => {
        const { ids } = reference.encode(sample, { add_special_tokens: true });
        expect(tokenizer.encode(sample, { parseSpecial: true })).toEqual(ids);
      }),
      { numRuns: 200 },
    );
  });
});

describe("createTokenizerFromJson", () => {
  it("gives the ids of the same vocabulary from GGUF", () => {
    const pairs = [
      [createTokenizerFromJson(byteLevel, "json"), byteLevelTokenizer()],
      [createTokenizerFromJson(sentencePiece, "json"), sentencePieceTokenizer()],
    ] as const;
    for (const [json, gguf] of pairs) {
      fc.assert(
        fc.property(text, (sample) => {
          expect(json.encode(sample, { addBos: false })).toEqual(gguf.encode(sample, { addBos: false }));
        }),
        { numRuns: 200 },
      );
    }
  });

  it("names the tokens that a program needs", () => {
    const tokenizer = createTokenizerFromJson({ ...sentencePiece, post_processor: template("<s>", 1) }, "json");
    expect(tokenizer).toMatchObject({
      bosToken: 1,
      eosToken: 2,
      unknownToken: 0,
      paddingToken: undefined,
      addsBos: true,
    });
    expect([...tokenizer.endTokens]).toEqual([2]);
    expect(createTokenizerFromJson(sentencePiece, "json")).toMatchObject({ bosToken: 1, addsBos: false });
  });

  it.each([
    ["a word-piece model", { model: { ...byteLevel.model, type: "WordPiece" } }, "model.type", "WordPiece"],
    ["a unigram model", { model: { ...byteLevel.model, type: "Unigram" } }, "model.type", "Unigram"],
    [
      "a word ending",
      { model: { ...byteLevel.model, end_of_word_suffix: "</w>" } },
      "model.end_of_word_suffix",
      "</w>",
    ],
    ["dropout", { model: { ...byteLevel.model, dropout: 0.1 } }, "model.dropout", "0.1"],
    ["lower-casing", { normalizer: { type: "Lowercase" } }, "normalizer", "Lowercase"],
    [
      "a normalizer deep inside",
      { normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Precompiled" }] } },
      "normalizer.normalizers[1]",
      "Precompiled",
    ],
    ["BERT's words", { pre_tokenizer: { type: "BertPreTokenizer" } }, "pre_tokenizer", "BertPreTokenizer"],
    [
      "words after bytes",
      { pre_tokenizer: sequence(bytes, split("\\p{L}+")) },
      "pre_tokenizer.pretokenizers[1]",
      "Split after ByteLevel",
    ],
    [
      "a pattern that cannot be kept",
      { pre_tokenizer: sequence(split("\\w++"), bytes) },
      "pre_tokenizer.pretokenizers[0].pattern",
      "\\w++",
    ],
    [
      "splitting that removes",
      { pre_tokenizer: sequence(split(" ", { behavior: "Removed" }), bytes) },
      "pre_tokenizer.pretokenizers[0].behavior",
      "Removed",
    ],
    ["BERT's frame", { post_processor: { type: "BertProcessing" } }, "post_processor", "BertProcessing"],
    ["a CTC decoder", { decoder: { type: "CTC" } }, "decoder", "CTC"],
    [
      "whole-word tokens",
      { added_tokens: [{ id: 3, content: "x", single_word: true }] },
      "added_tokens[0].single_word",
      "true",
    ],
    [
      "more steps than text could bear",
      { pre_tokenizer: sequence(...Array(100_000).fill({ type: "Digits" }), bytes) },
      "pre_tokenizer",
      "more than 64 steps",
    ],
    [
      "a pattern that cannot be told, of a parsed file",
      { normalizer: { type: "Replace", pattern: { String: 1n }, content: "x" } },
      "normalizer",
      "Replace of a pattern",
    ],
    ["no words of either kind", { pre_tokenizer: null }, "pre_tokenizer", "neither"],
  ])("refuses %s by name", async (_what, change, field, received) => {
    const error = await expectError("tokenizer-not-supported", () =>
      createTokenizerFromJson({ ...byteLevel, ...change }, "mine.json"),
    );
    expect(error).toMatchObject({ source: "mine.json", field, received });
  });

  it.each([
    ["no object", 5, "the file"],
    ["no model", {}, "model"],
    ["no vocabulary", { ...byteLevel, model: { type: "BPE", merges: [] } }, "model.vocab"],
    [
      "an empty vocabulary",
      { ...byteLevel, added_tokens: [], model: { ...byteLevel.model, vocab: {}, merges: [] } },
      "model.vocab",
    ],
    ["an id that is no number", { ...byteLevel, model: { ...byteLevel.model, vocab: { a: "0" } } }, "model.vocab"],
    ["a huge id", { ...byteLevel, model: { ...byteLevel.model, vocab: { a: 2 ** 40 } } }, "model.vocab"],
    ["an id twice", { ...byteLevel, model: { ...byteLevel.model, vocab: { a: 0, b: 0 }, merges: [] } }, "model.vocab"],
    [
      "a merge of unknown tokens",
      { ...byteLevel, model: { ...byteLevel.model, merges: [["q", "q"]] } },
      "model.merges[0]",
    ],
    ["a merge of three", { ...byteLevel, model: { ...byteLevel.model, merges: ["a b c"] } }, "model.merges[0]"],
    ["a first token out of range", { ...byteLevel, post_processor: template("<x>", 10_000) }, "post_processor"],
    ["an added token without content", { ...byteLevel, added_tokens: [{ id: 1 }] }, "added_tokens[0].content"],
  ])("refuses %s", async (_what, json, field) => {
    const error = await expectError("tokenizer-invalid", () => createTokenizerFromJson(json, "mine.json"));
    expect(error.field).toBe(field);
  });

  it("never fails but with its own errors, whatever the file says", () => {
    const junk = fc.oneof(
      fc.constant(null),
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant([]),
      fc.constant({}),
      fc.double(),
    );
    const paths = pathsOf(sentencePiece).filter(
      (path) => path[0] !== "model" || path[1] !== "vocab" || path.length < 3,
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.constantFrom(byteLevel, sentencePiece), fc.constantFrom(...paths), junk, (file, path, value) => {
        try {
          const tokenizer = createTokenizerFromJson(replaced(file, path, value), "json");
          tokenizer.decode(tokenizer.encode("a b</s> 翻译", { addBos: false, parseSpecial: true }));
          accepted++;
        } catch (error) {
          if (!BayLingError.isInstance(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});

/** All places in a JSON value. */
function pathsOf(value: unknown, before: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const keys: (string | number)[] = Array.isArray(value)
    ? value.slice(0, 2).map((_, index) => index)
    : Object.keys(value);
  return keys.flatMap((key) => [
    [...before, key],
    ...pathsOf((value as Record<string | number, unknown>)[key], [...before, key]),
  ]);
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof value !== "object" || value === null) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
