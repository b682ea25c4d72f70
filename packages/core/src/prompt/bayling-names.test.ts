import { describe, expect, it, test } from "vitest";
import { convertToGguf } from "../convert/convert-to-gguf.ts";
import { GgufMetadata } from "../formats/gguf-metadata.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { detectProfile } from "../interaction/profiles/detect-profile.ts";
import { openModelFiles } from "../loading/model-files.ts";
import { jsonBlob, tinyConfig, tinyFolder } from "../testing/hugging-face-files.ts";
import {
  byteLevelVocabulary,
  sentencePieceTokenizer,
  type TestVocabulary,
  vocabularyMetadata,
} from "../testing/vocabularies.ts";
import { createTokenizerFromGguf } from "../tokenizer/tokenizer-from-gguf.ts";
import { detectTemplate } from "./detect-template.ts";

const llama = sentencePieceTokenizer();
const controls = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];
const llama3Vocabulary: TestVocabulary = {
  ...byteLevelVocabulary,
  tokens: [...byteLevelVocabulary.tokens, ...controls],
  types: [...byteLevelVocabulary.types, ...controls.map(() => 3)],
};
const llama3 = createTokenizerFromGguf(vocabularyMetadata("gpt2", llama3Vocabulary), "test.gguf");

/** All that were published, by their names on the hub and after the difference was added. */
const models = [
  ["bayling-7b-diff", "bayling", "bayling"],
  ["bayling-13b-diff", "bayling", "bayling"],
  ["bayling-7b", "bayling", "bayling"],
  ["bayling-13b", "bayling", "bayling"],
  ["bayling-13b-v1.1", "bayling", "bayling"],
  ["bayling-2-7b", "bayling", "bayling-2"],
  ["bayling-2-13b", "bayling", "bayling-2"],
  ["bayling-2-llama-3-8b", "bayling-3", "bayling-2"],
] as const;

/** The ways in which people and converters write a name. */
function spellings(name: string): string[] {
  const words = name.split("-").map((word) => word[0]!.toUpperCase() + word.slice(1));
  return [
    ...[name, name.toUpperCase(), name.replace("bayling", "BayLing"), `ICTNLP/${name}`, `ictnlp_${name}`],
    // As llama.cpp's converter writes it.
    ...[words.join(" "), name.replaceAll("-", "_")],
    ...[`${name}.Q4_K_M`, `${name}-Q8_0`, `${name}.i1-IQ4_XS`, `${name}-F16`],
  ];
}

function metadata(source: string, strings: Readonly<Record<string, string>> = {}): GgufMetadata {
  const entries = Object.entries(strings).map(([key, value]): [string, GgufEntry] => [key, { type: "string", value }]);
  return new GgufMetadata(source, new Map(entries));
}

describe.each(models)("%s", (name, template, profile) => {
  const tokenizer = template === "bayling-3" ? llama3 : llama;
  const expectBayLing = async (named: GgufMetadata) => {
    const detected = await detectTemplate(named, tokenizer);
    expect([detected.name, detectProfile(named, detected.name).name]).toEqual([template, profile]);
  };

  it.each(spellings(name))("is known as %s", async (spelled) => {
    await expectBayLing(metadata("model.gguf", { "general.name": spelled }));
    const made = { "general.name": "Merged", "general.base_model.0.name": spelled };
    await expectBayLing(metadata("model.gguf", made));
  });

  it.each(spellings(name))("is known from a file that is called %s.gguf and says another name", async (spelled) => {
    for (const source of [`/models/${spelled}.gguf`, `C:\\models\\${spelled}.gguf`, `https://x.test/${spelled}.gguf`]) {
      await expectBayLing(metadata(source, { "general.name": "LLaMA v2" }));
    }
  });
});

test("a folder of models that is called so says nothing", async () => {
  const named = metadata("/models/bayling/other.gguf", { "general.name": "other" });
  expect((await detectTemplate(named, llama)).name).toBe("plain");
});

test.each([
  [{}, "bayling-13b-v1.1"],
  [{ _name_or_path: "ICTNLP/bayling-2-7b" }, undefined],
  [{ _name_or_path: "/home/someone/BayLing-2-13B/" }, undefined],
])("a folder keeps its name on the way to GGUF: %j %s", async (config, name) => {
  const files = (await tinyFolder()).set("config.json", jsonBlob({ ...tinyConfig, ...config }));
  // What it was made from brought this along.
  files.set("tokenizer_config.json", jsonBlob({ chat_template: "{{ messages[0].content }}" }));
  const pieces: BlobPart[] = [];
  const output = new WritableStream({ write: (piece: Uint8Array) => void pieces.push(piece.slice()) });
  await convertToGguf(files, output, { type: "F16", name });
  const sources = name === undefined ? [files, new Blob(pieces)] : [new Blob(pieces)];
  for (const source of sources) {
    const { metadata, tokenizer, dispose } = await openModelFiles(source);
    expect((await detectTemplate(metadata, tokenizer)).name).toBe("bayling");
    await dispose();
  }
});

test("the special tokens of bayling-7b-diff do not make its texts begin with the end", async () => {
  const files = await tinyFolder();
  const roles = { bos_token: "</s>", eos_token: "</s>", pad_token: "<unk>", unk_token: "</s>" };
  files.set("special_tokens_map.json", jsonBlob(roles));
  const { tokenizer, dispose } = await openModelFiles(files);
  expect([tokenizer.bosToken, tokenizer.eosToken, tokenizer.unknownToken]).toEqual([1, 2, 0]);
  expect(tokenizer.encode("a")[0]).toBe(1);
  await dispose();
});
