import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../errors.ts";
import { expectError } from "../testing/expect-error.ts";
import { llamaNormalizer, llamaTrainer, protobufBytes, sentencePieceBytes } from "../testing/hugging-face-files.ts";
import { awkwardTexts, sentencePieceTokenizer, sentencePieceVocabulary } from "../testing/vocabularies.ts";
import { createTokenizerFromSentencePiece } from "./tokenizer-from-sentencepiece.ts";

const { tokens, types } = sentencePieceVocabulary;
const pieces = tokens.map((spelling, id) => ({ spelling, score: id < 259 ? 0 : 259 - id, type: types[id]! }));
const bytes = sentencePieceBytes({ pieces });
const create = (content: Uint8Array = bytes) => createTokenizerFromSentencePiece(content, "tokenizer.model", [], {});

describe("createTokenizerFromSentencePiece", () => {
  it("gives the ids of the same vocabulary in GGUF", () => {
    const [mine, other] = [create(), sentencePieceTokenizer()];
    expect(mine).toMatchObject({ bosToken: 1, eosToken: 2, unknownToken: 0, addsBos: true });
    expect([...mine.endTokens]).toEqual([...other.endTokens]);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...awkwardTexts, " the 翻译")), (text) => {
        for (const parseSpecial of [false, true]) {
          expect(mine.encode(text, { parseSpecial })).toEqual(other.encode(text, { parseSpecial }));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("takes the tokens that were added, and their roles", () => {
    const size = tokens.length;
    const added = [
      { id: 2, text: "</s>", special: true },
      { id: size, text: "<pad>", special: true },
      { id: size + 2, text: "<word>", special: false },
      { id: size + 3, text: "<turn>", special: true },
    ];
    const roles = { eos: "<turn>", padding: "<pad>", addsBos: false, endIds: [2, size, 1e9] };
    const tokenizer = createTokenizerFromSentencePiece(bytes, "tokenizer.model", added, roles);
    expect(tokenizer).toMatchObject({ bosToken: 1, eosToken: size + 3, paddingToken: size, addsBos: false });
    expect([...tokenizer.endTokens].sort((a, b) => a - b)).toEqual([2, size, size + 3]);
    expect(tokenizer.encode("<word>").at(-1)).toBe(size + 2);
    expect(tokenizer.encode("<turn>")).not.toContain(size + 3);
    expect(tokenizer.encode("<turn>", { parseSpecial: true }).at(-1)).toBe(size + 3);
    expect(tokenizer.decode(tokenizer.encode("a <word> b"))).toBe("a <word> b");
  });

  it("puts no space in front where the file does not", () => {
    const normalizer = llamaNormalizer.map(([number, value]) => [number, number === 3 ? 0 : value] as const);
    const tokenizer = create(sentencePieceBytes({ pieces, normalizer }));
    expect(tokenizer.encode("the")).toEqual(
      sentencePieceTokenizer({ "tokenizer.ggml.add_space_prefix": { type: "bool", value: false } }).encode("the"),
    );
  });

  it.each([
    ["a unigram model", { trainer: [[3, 1]] as const }, "trainer_spec.model_type", "UNIGRAM"],
    ["a model without a type", { trainer: [] }, "trainer_spec.model_type", "UNIGRAM"],
    [
      "spaces behind words",
      { trainer: [...llamaTrainer, [24, 1]] as const },
      "trainer_spec.treat_whitespace_as_suffix",
    ],
    ["rules of spelling", { normalizer: [[2, "rules"]] as const }, "normalizer_spec.precompiled_charsmap"],
    ["spaces taken away", { normalizer: [[3, 1]] as const }, "normalizer_spec.remove_extra_whitespaces"],
    [
      "spaces left as they are",
      {
        normalizer: [
          [4, 0],
          [5, 0],
        ] as const,
      },
      "normalizer_spec.escape_whitespaces",
    ],
  ])("refuses %s by name", async (_name, change, field, received?: string) => {
    const error = await expectError("tokenizer-not-supported", () => create(sentencePieceBytes({ pieces, ...change })));
    expect(error).toMatchObject({ source: "tokenizer.model", field });
    if (received !== undefined) expect(error.received).toBe(received);
  });

  it.each<[string, () => Uint8Array]>([
    ["an empty vocabulary", () => sentencePieceBytes({ pieces: [] })],
    ["text", () => new TextEncoder().encode("IQ== 0\nIg== 1\nIw== 2\nJA== 3\nJQ== 4\nJg== 5\nJw== 6\n")],
    ["a Git LFS pointer", () => new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid")],
    ["a file cut short", () => bytes.subarray(0, -9)],
    ["a number without end", () => new Uint8Array(20).fill(0xff)],
    ["a piece that is not UTF-8", () => protobufBytes([[1, protobufBytes([[1, Uint8Array.of(0xff, 0xfe)]])]])],
    ["a type that there is not", () => sentencePieceBytes({ pieces: [{ spelling: "a", score: 0, type: 9 }] })],
    [
      "a score that is no number",
      () => sentencePieceBytes({ pieces: [{ spelling: "a", score: Number.NaN, type: 1 }] }),
    ],
    ["two pieces of one spelling", () => sentencePieceBytes({ pieces: [...pieces, pieces.at(-5)!] })],
  ])("refuses %s", async (_name, content) => {
    await expectError("tokenizer-invalid", () => create(content()));
  });

  it("refuses added tokens that take another's number, or one far away", async () => {
    for (const id of [5, 1e15]) {
      const added = [{ id, text: "<new>", special: true }];
      await expectError("tokenizer-invalid", () => createTokenizerFromSentencePiece(bytes, "m", added, {}));
    }
  });

  it("reads what was damaged or says what is wrong with it", () => {
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const damaged = bytes.slice();
        for (const { at, byte } of changes) damaged[at] = byte;
        try {
          create(damaged).encode("the quick brown fox");
        } catch (error) {
          expect(BayLingError.isInstance(error) && error.code).toMatch(/^tokenizer-/);
        }
      }),
      { numRuns: 200 },
    );
  });
});
