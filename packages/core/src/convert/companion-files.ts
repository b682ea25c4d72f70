import { BayLingError } from "../errors.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { parseJsonObject, readFolderFile, type SourceFolder } from "../sources/source-folder.ts";

/** A small file of a folder that becomes one of the new folder. */
export interface CompanionFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const settings = ["generation_config.json"];

/** What `loadModel` and `transformers` make a tokenizer and a prompt of. */
const tokenizer = [
  "tokenizer.json",
  "tokenizer.model",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
  "chat_template.json",
];

const vocabularies = ["tokenizer.json", "tokenizer.model"];

const mostBytes = 256 * 1024 * 1024;

/**
 * What a folder holds beside its weights: `config.json`, which is changed to say that they are halves now, and the
 * tokenizer, of the first folder that has one.
 * @throws BayLingError `source-not-found` for a folder without `config.json`, `model-config-invalid`
 */
export async function readCompanions(
  folder: SourceFolder,
  fallback: SourceFolder,
  options: ReadOptions,
): Promise<{ readonly config: Readonly<Record<string, unknown>>; readonly files: readonly CompanionFile[] }> {
  const config = await readConfig(folder, options);
  const files = await readAll(folder, [...settings, ...tokenizer], options);
  if (!files.some(({ name }) => vocabularies.includes(name))) {
    const known = new Set(files.map(({ name }) => name));
    const others = await readAll(fallback, tokenizer, options);
    files.push(...others.filter(({ name }) => !known.has(name)));
  }
  // Newer releases of transformers call it `dtype`.
  const type = "dtype" in config && !("torch_dtype" in config) ? "dtype" : "torch_dtype";
  const bytes = new TextEncoder().encode(`${JSON.stringify({ ...config, [type]: "float16" }, undefined, 2)}\n`);
  return { config, files: [{ name: "config.json", bytes }, ...files] };
}

async function readConfig(folder: SourceFolder, options: ReadOptions): Promise<Readonly<Record<string, unknown>>> {
  const code = "model-config-invalid";
  const file = await readFolderFile(folder, "config.json", { most: mostBytes, code, ...options });
  if (file !== undefined) return parseJsonObject(file, code);
  throw new BayLingError("source-not-found", {
    source: folder.name,
    problem: "there is no config.json in the folder",
    expected: "a folder as Hugging Face has them",
    remedy: "Download it too",
  });
}

async function readAll(folder: SourceFolder, names: readonly string[], options: ReadOptions): Promise<CompanionFile[]> {
  const files: CompanionFile[] = [];
  for (const name of names) {
    const file = await readFolderFile(folder, name, { most: mostBytes, code: "tokenizer-invalid", ...options });
    if (file !== undefined) files.push({ name, bytes: file.bytes });
  }
  return files;
}
