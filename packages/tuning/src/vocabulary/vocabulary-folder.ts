import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { sentencePieceFile } from "./sentencepiece-file.ts";
import type { VocabularyPiece } from "./vocabulary-pieces.ts";

/** What Hugging Face's loaders read beside a `tokenizer.model`. */
const settings = {
  tokenizer_class: "LlamaTokenizer",
  add_bos_token: true,
  add_eos_token: false,
  legacy: false,
  ...{ bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>" },
};

/** Writes a folder that recipes and loaders take for a tokenizer: `tokenizer.model` and its settings. */
export async function writeVocabulary(pieces: readonly VocabularyPiece[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "tokenizer_config.json"), `${JSON.stringify(settings, null, 2)}\n`);
  await writeFile(path.join(folder, "tokenizer.model"), sentencePieceFile(pieces));
}
