import type { LoadedModel } from "../backend/backend.ts";
import { BayLingError } from "../errors.ts";
import type { CheckpointFile } from "../formats/checkpoint-file.ts";
import { GgufMetadata } from "../formats/gguf-metadata.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { parseJsonObject, readFolderFile, type SourceFolder, sourceFolder } from "../sources/source-folder.ts";
import { readShards } from "./checkpoint-shards.ts";
import { baseName } from "./hugging-face-config.ts";
import { readHuggingFaceModel } from "./hugging-face-model.ts";
import { readHuggingFaceTokenizer } from "./hugging-face-tokenizer.ts";
import type { ModelFiles } from "./model-files.ts";
import { teachingEntries } from "./teaching-entries.ts";

const mostConfigBytes = 16 * 1024 * 1024;

/** A folder whose weights are open. */
export interface HuggingFaceFolder {
  readonly folder: SourceFolder;
  /** `config.json`, parsed. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: CheckpointFile;
  readonly loaded: LoadedModel;
  /** What `config.json` says the model was made from. */
  readonly baseName: string | undefined;
}

/**
 * Reads what a folder says of its model, and opens the weights, which the caller disposes.
 * @throws BayLingError `source-…`, `safetensors-…`, `pytorch-…`, `model-…`, `architecture-not-supported`, `tensor-…`
 */
export async function readHuggingFaceFolder(source: ModelSource, options: ReadOptions): Promise<HuggingFaceFolder> {
  const folder = sourceFolder(source);
  const { name, title } = folder;
  const limits = { most: mostConfigBytes, code: "model-config-invalid" } as const;
  const configFile = await readFolderFile(folder, "config.json", { ...limits, ...options });
  if (configFile === undefined) {
    throw new BayLingError("source-not-found", {
      source: name,
      problem: "there is no config.json in the folder",
      expected: "config.json, weights and a tokenizer side by side",
      remedy: "Download it too, or pass a GGUF file by its own name",
    });
  }
  const config = parseJsonObject(configFile, "model-config-invalid");
  const weights = await readShards(folder, options);
  try {
    const loaded = readHuggingFaceModel({ name, title, config, configName: configFile.source, weights });
    return { folder, config, weights, loaded, baseName: baseName(config) };
  } catch (error) {
    await weights.dispose();
    throw error;
  }
}

/**
 * Opens a folder as Hugging Face has them: `config.json`, weights in safetensors or PyTorch's `.bin`, `tokenizer.json`
 * or `tokenizer.model`.
 * @throws BayLingError as {@link readHuggingFaceFolder} does, and `tokenizer-…`
 */
export async function openHuggingFaceFolder(source: ModelSource, options: ReadOptions): Promise<ModelFiles> {
  const { folder, config, weights, loaded, baseName } = await readHuggingFaceFolder(source, options);
  try {
    const { tokenizer, chatTemplate } = await readHuggingFaceTokenizer(folder, config, options);
    const texts = {
      "general.architecture": loaded.config.architecture,
      "general.name": loaded.config.name,
      "general.base_model.0.name": baseName,
      "tokenizer.chat_template": chatTemplate,
    };
    const entries = new Map<string, GgufEntry>(teachingEntries(config, folder.name));
    for (const [key, value] of Object.entries(texts)) if (value) entries.set(key, { type: "string", value });
    return { loaded, tokenizer, metadata: new GgufMetadata(loaded.name, entries), dispose: () => weights.dispose() };
  } catch (error) {
    await weights.dispose();
    throw error;
  }
}
