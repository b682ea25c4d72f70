import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../errors.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { expectError } from "../testing/expect-error.ts";
import {
  byteLevelTokenizer,
  byteLevelVocabulary,
  sentencePieceTokenizer,
  sentencePieceVocabulary,
  stringsEntry,
  vocabularyMetadata,
} from "../testing/vocabularies.ts";
import { createTokenizerFromGguf } from "./tokenizer-from-gguf.ts";

const integers = (values: readonly number[]): GgufEntry => ({
  type: "array",
  value: { elementType: "int32", values: Int32Array.from(values) },
});
const floats = (values: readonly number[]): GgufEntry => ({
  type: "array",
  value: { elementType: "float32", values: Float32Array.from(values) },
});
const id = (value: number): GgufEntry => ({ type: "uint32", value });
const text = (value: string): GgufEntry => ({ type: "string", value });

type Changes = Readonly<Record<string, GgufEntry | undefined>>;

function create(model: "llama" | "gpt2", changes: Changes) {
  const vocabulary = model === "llama" ? sentencePieceVocabulary : byteLevelVocabulary;
  return createTokenizerFromGguf(vocabularyMetadata(model, vocabulary, changes), "test.gguf");
}

const size = byteLevelVocabulary.tokens.length;

describe("createTokenizerFromGguf", () => {
  it.each([
    [
      "another kind of vocabulary",
      "llama",
      { "tokenizer.ggml.model": text("t5") },
      "tokenizer-not-supported",
      "tokenizer.ggml.model",
    ],
    [
      "an unknown pre-tokenizer",
      "gpt2",
      { "tokenizer.ggml.pre": text("mine") },
      "tokenizer-not-supported",
      "tokenizer.ggml.pre",
    ],
    ["no kind", "llama", { "tokenizer.ggml.model": undefined }, "gguf-invalid", "tokenizer.ggml.model"],
    ["no tokens", "llama", { "tokenizer.ggml.tokens": undefined }, "gguf-invalid", "tokenizer.ggml.tokens"],
    ["no merges", "gpt2", { "tokenizer.ggml.merges": undefined }, "gguf-invalid", "tokenizer.ggml.merges"],
    [
      "tokens that are numbers",
      "gpt2",
      { "tokenizer.ggml.tokens": integers([1]) },
      "gguf-invalid",
      "tokenizer.ggml.tokens",
    ],
    [
      "too few scores",
      "llama",
      { "tokenizer.ggml.scores": floats([1, 2]) },
      "tokenizer-invalid",
      "tokenizer.ggml.scores",
    ],
    [
      "too few types",
      "gpt2",
      { "tokenizer.ggml.token_type": integers([1]) },
      "tokenizer-invalid",
      "tokenizer.ggml.token_type",
    ],
    [
      "a score that is no number",
      "llama",
      { "tokenizer.ggml.scores": floats(sentencePieceVocabulary.tokens.map((_, n) => (n === 7 ? Number.NaN : 0))) },
      "tokenizer-invalid",
      "tokenizer.ggml.scores[7]",
    ],
    [
      "a merge into no token",
      "gpt2",
      { "tokenizer.ggml.merges": stringsEntry([byteLevelVocabulary.merges[0]!.join(" "), "q q"]) },
      "tokenizer-invalid",
      "tokenizer.ggml.merges[1]",
    ],
    [
      "a merge of one",
      "gpt2",
      { "tokenizer.ggml.merges": stringsEntry(["th"]) },
      "tokenizer-invalid",
      "tokenizer.ggml.merges[0]",
    ],
    [
      "an empty merge",
      "gpt2",
      { "tokenizer.ggml.merges": stringsEntry([""]) },
      "tokenizer-invalid",
      "tokenizer.ggml.merges[0]",
    ],
    [
      "a BOS out of range",
      "gpt2",
      { "tokenizer.ggml.bos_token_id": id(size) },
      "tokenizer-invalid",
      "tokenizer.ggml.bos_token_id",
    ],
    [
      "an end of turn out of range",
      "gpt2",
      { "tokenizer.ggml.eot_token_id": id(2 ** 32 - 1) },
      "tokenizer-invalid",
      "tokenizer.ggml.eot_token_id",
    ],
    [
      "the same token twice",
      "gpt2",
      {
        "tokenizer.ggml.tokens": stringsEntry(
          byteLevelVocabulary.tokens.map((token, n) => (n === 9 ? byteLevelVocabulary.tokens[8]! : token)),
        ),
      },
      "tokenizer-invalid",
      "tokenizer.ggml.tokens[9]",
    ],
  ] as const)("refuses %s", async (_what, model, changes: Changes, code, field) => {
    const error = await expectError(code, () => create(model, changes));
    expect(error.field).toBe(field);
    expect(error.source).toBe("test.gguf");
  });

  it("refuses an empty vocabulary", async () => {
    const empty = { "tokenizer.ggml.tokens": stringsEntry([]), "tokenizer.ggml.token_type": integers([]) };
    for (const model of ["llama", "gpt2"] as const) {
      const ids = { "tokenizer.ggml.bos_token_id": undefined, "tokenizer.ggml.eos_token_id": undefined };
      await expectError("tokenizer-invalid", () =>
        create(model, { ...empty, ...ids, "tokenizer.ggml.scores": floats([]) }),
      );
    }
  });

  it("names the supported pre-tokenizers", async () => {
    const error = await expectError("tokenizer-not-supported", () =>
      create("gpt2", { "tokenizer.ggml.pre": text("mine") }),
    );
    expect(error.received).toBe('"mine"');
    for (const name of ["llama-bpe", "qwen2", "gpt-2", "default", "tekken"]) expect(error.expected).toContain(name);
  });

  it.each([
    ["default", "it's 1234 ok?!", ["it", "'", "s", " ", "123", "4", " ok", "?!"]],
    ["gpt-2", "it's 1234 ok?!", ["it", "'s", " 1234", " ok", "?!"]],
    ["llama-bpe", "it's 1234 ok?!\n\n", ["it", "'s", " ", "123", "4", " ok", "?!\n\n"]],
    ["qwen2", "it'S 12", ["it", "'S", " ", "1", "2"]],
    ["smollm", "it's 12", ["it", "'s", " ", "1", "2"]],
    ["qwen35", "e\u0301a", ["e\u0301a"]],
    ["qwen2", "e\u0301a", ["e", "\u0301a"]],
    ["tekken", "helloWorld 12/", ["hello", "World", " ", "1", "2", "/"]],
    ["gpt-4o", "helloWORLD's 1234/", ["hello", "WORLD's", " ", "123", "4", "/"]],
  ])("cuts words as %s does: %j", (pre, sample, words) => {
    // Without merges every byte is a token, and with whole-word tokens every word shows as one.
    const alphabet = byteLevelVocabulary.tokens.slice(0, 256);
    const spell = (word: string): string =>
      Array.from(new TextEncoder().encode(word), (byte) => alphabet[byte]!).join("");
    const distinct = [...new Set(words.map(spell))].filter((word) => !alphabet.includes(word));
    const merges = distinct.flatMap((word) => {
      const letters = Array.from(word);
      return letters.slice(1).map((letter, index) => [letters.slice(0, index + 1).join(""), letter] as const);
    });
    const tokens = [...new Set([...alphabet, ...merges.map(([left, right]) => left + right)])];
    const vocabulary = { tokens, types: tokens.map(() => 1), merges };
    const tokenizer = createTokenizerFromGguf(
      vocabularyMetadata("gpt2", vocabulary, {
        "tokenizer.ggml.pre": text(pre),
        "tokenizer.ggml.bos_token_id": undefined,
        "tokenizer.ggml.eos_token_id": undefined,
      }),
      "test.gguf",
    );
    const ids = tokenizer.encode(sample, { addBos: false });
    expect(ids.map((token) => new TextDecoder().decode(tokenizer.tokenBytes(token)))).toEqual(words);
  });

  it("collects the tokens that end a reply", () => {
    const end = byteLevelVocabulary.tokens.indexOf("<|im_end|>");
    const other = byteLevelVocabulary.tokens.indexOf("<|begin|>");
    expect([...byteLevelTokenizer().endTokens]).toEqual([end]);
    const more = create("gpt2", { "tokenizer.ggml.eot_token_id": id(other), "tokenizer.ggml.eos_token_id": undefined });
    expect([...more.endTokens].sort()).toEqual([end, other].sort());
    expect([...sentencePieceTokenizer().endTokens]).toEqual([2]);
  });

  it("takes an end of turn marked as anybody's word for a control token", () => {
    const types = byteLevelVocabulary.types.map((type, n) =>
      byteLevelVocabulary.tokens[n] === "<|im_end|>" ? 4 : type,
    );
    const tokenizer = create("gpt2", { "tokenizer.ggml.token_type": integers(types) });
    const end = tokenizer.tokenId("<|im_end|>")!;
    expect(tokenizer.isControl(end)).toBe(true);
    expect(tokenizer.encode("<|im_end|>")).not.toContain(end);
  });

  it("makes no control token by merging", () => {
    const { tokens, types, merges } = byteLevelVocabulary;
    const double = tokens.indexOf("aa");
    expect(merges.some(([left, right]) => left + right === "aa")).toBe(true);
    const tokenizer = create("gpt2", {
      "tokenizer.ggml.token_type": integers(types.map((type, n) => (n === double ? 3 : type))),
    });
    expect(tokenizer.encode("aa", { addBos: false })).not.toContain(double);
    expect(tokenizer.encode("aa", { addBos: false, parseSpecial: true })).toEqual([double]);
  });

  it("guesses the types of a file that gives none", () => {
    const tokenizer = create("llama", { "tokenizer.ggml.token_type": undefined });
    expect(tokenizer.isControl(1)).toBe(true);
    expect(tokenizer.encode("</s>机", { addBos: false })).toEqual(
      sentencePieceTokenizer().encode("</s>机", { addBos: false }),
    );
  });

  it("reads the scores in any order", () => {
    const { tokens, types } = sentencePieceVocabulary;
    const order = tokens.map((_, n) => n).reverse();
    const place = (n: number): number => tokens.length - 1 - n;
    const reversed = createTokenizerFromGguf(
      vocabularyMetadata(
        "llama",
        { tokens: order.map((n) => tokens[n]!), types: order.map((n) => types[n]!), merges: [] },
        {
          "tokenizer.ggml.scores": floats(order.map((n) => (n < 259 ? 0 : 259 - n))),
          "tokenizer.ggml.bos_token_id": id(place(1)),
          "tokenizer.ggml.eos_token_id": id(place(2)),
          "tokenizer.ggml.unknown_token_id": id(place(0)),
        },
      ),
      "test.gguf",
    );
    const sample = "The quick brown thethe 翻译机器 aaaa";
    expect(reversed.encode(sample).map(place)).toEqual(sentencePieceTokenizer().encode(sample));
  });

  it("never fails but with its own errors, whatever the metadata says", () => {
    const entry: fc.Arbitrary<GgufEntry | undefined> = fc.oneof(
      fc.constant(undefined),
      fc.oneof(fc.constantFrom("llama", "gpt2", "default", "qwen2"), fc.string()).map(text),
      fc.integer().map((value): GgufEntry => ({ type: "int32", value })),
      fc.boolean().map((value): GgufEntry => ({ type: "bool", value })),
      fc.float().map((value): GgufEntry => ({ type: "float32", value })),
      fc
        .array(fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom("a b", "Ġ t", "<0x0A>", "▁")), { maxLength: 20 })
        .map(stringsEntry),
      fc.array(fc.integer(), { maxLength: 20 }).map(integers),
      fc.array(fc.float(), { maxLength: 20 }).map(floats),
    );
    const key = fc.constantFrom(
      ...["model", "pre", "tokens", "scores", "token_type", "merges", "bos_token_id", "eos_token_id", "add_bos_token"],
      ...["unknown_token_id", "eot_token_id", "add_space_prefix"],
    );
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.constantFrom("llama" as const, "gpt2" as const),
        fc.array(fc.tuple(key, entry), { minLength: 1, maxLength: 4 }),
        (model, changes) => {
          try {
            const tokenizer = create(
              model,
              Object.fromEntries(changes.map(([name, value]) => [`tokenizer.ggml.${name}`, value])),
            );
            tokenizer.decode(tokenizer.encode("a b</s> 翻译", { addBos: false, parseSpecial: true }));
            accepted++;
          } catch (error) {
            if (!BayLingError.isInstance(error)) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
