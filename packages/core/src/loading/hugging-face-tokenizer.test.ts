import { describe, expect, it } from "vitest";
import { sourceFolder } from "../sources/source-folder.ts";
import { expectError } from "../testing/expect-error.ts";
import { jsonBlob, sentencePieceBytes } from "../testing/hugging-face-files.ts";
import { tinyPieces } from "../testing/tiny-model.ts";
import { byteLevelVocabulary, sentencePieceVocabulary, tokenizerJson } from "../testing/vocabularies.ts";
import { readHuggingFaceTokenizer } from "./hugging-face-tokenizer.ts";

const byteLevel = tokenizerJson("byte-level", byteLevelVocabulary);
const sentencePiece = tokenizerJson("sentencepiece", sentencePieceVocabulary);
const pieces = new Blob([sentencePieceBytes()]);
const id = (spelling: string) => byteLevelVocabulary.tokens.indexOf(spelling);

const read = (files: Readonly<Record<string, unknown>>, config: Readonly<Record<string, unknown>> = {}) => {
  const blobs = Object.entries(files).map(
    ([name, content]) => [name, content instanceof Blob ? content : jsonBlob(content)] as const,
  );
  return readHuggingFaceTokenizer(sourceFolder(new Map(blobs)), config, {});
};

describe("readHuggingFaceTokenizer", () => {
  it("takes the roles that tokenizer_config.json gives", async () => {
    const settings = {
      bos_token: { content: "<|begin|>", special: true },
      eos_token: "<|im_end|>",
      pad_token: "<tool>",
      add_bos_token: true,
    };
    const { tokenizer } = await read({ "tokenizer.json": byteLevel, "tokenizer_config.json": settings });
    expect(tokenizer).toMatchObject({
      bosToken: id("<|begin|>"),
      eosToken: id("<|im_end|>"),
      paddingToken: id("<tool>"),
      addsBos: true,
    });
    expect(tokenizer.encode("a")[0]).toBe(id("<|begin|>"));
    expect(tokenizer.isControl(id("<tool>"))).toBe(true);
    const silent = await read({ "tokenizer.json": byteLevel });
    expect(silent.tokenizer).toMatchObject({ addsBos: false, bosToken: undefined });
    const mapped = await read({ "tokenizer.json": byteLevel, "special_tokens_map.json": settings });
    expect(mapped.tokenizer).toMatchObject({ bosToken: id("<|begin|>"), addsBos: false });
  });

  it("adds no first token where the settings say so", async () => {
    const template = {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    };
    const vocabulary = { ...sentencePiece, post_processor: template };
    expect((await read({ "tokenizer.json": vocabulary })).tokenizer.encode("the")[0]).toBe(1);
    const settings = { add_bos_token: false };
    const { tokenizer } = await read({ "tokenizer.json": vocabulary, "tokenizer_config.json": settings });
    expect(tokenizer.encode("the")[0]).not.toBe(1);
    expect(tokenizer.bosToken).toBe(1);
  });

  it("ends where generation_config.json ends, or else config.json", async () => {
    const vocabulary = { "tokenizer.json": byteLevel };
    const ends = async (files: Readonly<Record<string, unknown>>, config = {}) =>
      [...(await read({ ...vocabulary, ...files }, config)).tokenizer.endTokens].sort((a, b) => a - b);
    const own = id("<|im_end|>");
    expect(await ends({})).toEqual([own]);
    expect(await ends({}, { eos_token_id: 7 })).toEqual([7, own]);
    expect(await ends({}, { eos_token_id: null })).toEqual([own]);
    expect(await ends({}, { eos_token_id: -1 })).toEqual([own]);
    const generation = { "generation_config.json": { eos_token_id: [3, own, 1e9] } };
    expect(await ends(generation, { eos_token_id: 7 })).toEqual([3, own]);
  });

  it("prefers tokenizer.json, and takes added tokens to a tokenizer.model", async () => {
    const both = await read({ "tokenizer.json": byteLevel, "tokenizer.model": pieces });
    expect(both.tokenizer.kind).toBe("byte-level-bpe");
    const size = tinyPieces.length;
    const listed = { "<pad>": size, "<word>": size + 1 };
    const old = await read({
      "tokenizer.model": pieces,
      "added_tokens.json": listed,
      "special_tokens_map.json": { pad_token: "<pad>" },
    });
    expect(old.tokenizer).toMatchObject({ vocabularySize: size + 2, paddingToken: size, bosToken: 1, eosToken: 2 });
    expect([old.tokenizer.isControl(size), old.tokenizer.isControl(size + 1)]).toEqual([true, false]);
    const decoder = {
      0: { content: "<unk>", special: true },
      1: { content: "<s>", special: true },
      [size]: { content: "<|im_end|>", special: true },
    };
    const settings = { added_tokens_decoder: decoder, eos_token: "<|im_end|>", add_bos_token: false };
    const now = await read({ "tokenizer.model": pieces, "tokenizer_config.json": settings });
    expect(now.tokenizer).toMatchObject({ eosToken: size, unknownToken: 0, addsBos: false });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string | undefined]>([
    ["a vocabulary that is no JSON", { "tokenizer.json": new Blob(["{"]) }, undefined],
    ["settings that are a list", { "tokenizer.model": pieces, "tokenizer_config.json": [] }, undefined],
    ["a choice that is text", { "tokenizer_config.json": { add_bos_token: "yes" } }, "add_bos_token"],
    ["a template that is a number", { "tokenizer_config.json": { chat_template: 4 } }, "chat_template"],
    ["ends that are text", { "generation_config.json": { eos_token_id: ["</s>"] } }, "eos_token_id"],
    [
      "added tokens that are a list",
      { "tokenizer.model": pieces, "tokenizer_config.json": { added_tokens_decoder: [] } },
      "added_tokens_decoder",
    ],
    [
      "an added token without a number",
      { "tokenizer.model": pieces, "tokenizer_config.json": { added_tokens_decoder: { x: { content: "<x>" } } } },
      "added_tokens_decoder",
    ],
    ["an added token far away", { "tokenizer.model": pieces, "added_tokens.json": { "<x>": 2 ** 40 } }, "added tokens"],
  ])("refuses %s", async (_name, files, field) => {
    const error = await expectError("tokenizer-invalid", () => read(files));
    if (field !== undefined) expect(error.field).toBe(field);
  });
});
