import { BayLingError } from "../errors.ts";
import { GgufMetadata } from "../formats/gguf-metadata.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { parseJsonObject, readFolderFile, sourceFolder } from "../sources/source-folder.ts";
import { readShards } from "./checkpoint-shards.ts";
import { baseName } from "./hugging-face-config.ts";
import { readHuggingFaceModel } from "./hugging-face-model.ts";
import { readHuggingFaceTokenizer } from "./hugging-face-tokenizer.ts";
import type { ModelFiles } from "./model-files.ts";

const mostConfigBytes = 16 * 1024 * 1024;

/**
 * Opens a folder as Hugging Face has them: `config.json`, weights in safetensors, `tokenizer.json` or `tokenizer.model`.
 * @throws BayLingError `source-…`, `safetensors-…`, `model-…`, `architecture-not-supported`, `tensor-…`, `tokenizer-…`
 */
export async function openHuggingFaceFolder(source: ModelSource, options: ReadOptions): Promise<ModelFiles> {
  const folder = sourceFolder(source);
  const { name, title } = folder;
  const limits = { most: mostConfigBytes, code: "model-config-invalid" } as const;
  const configFile = await readFolderFile(folder, "config.json", { ...limits, ...options });
  if (configFile === undefined) {
    throw new BayLingError("source-not-found", {
      source: name,
      problem: "there is no config.json in the folder",
      expected: "config.json, safetensors and a tokenizer side by side",
      remedy: "Download it too, or pass a GGUF file by its own name",
    });
  }
  const config = parseJsonObject(configFile, "model-config-invalid");
  const weights = await readShards(folder, options);
  try {
    const loaded = readHuggingFaceModel({ name, title, config, configName: configFile.source, weights });
    const { tokenizer, chatTemplate } = await readHuggingFaceTokenizer(folder, config, options);
    const texts = {
      "general.architecture": loaded.config.architecture,
      "general.name": loaded.config.name,
      "general.base_model.0.name": baseName(config),
      "tokenizer.chat_template": chatTemplate,
    };
    const entries = new Map<string, GgufEntry>();
    for (const [key, value] of Object.entries(texts)) if (value) entries.set(key, { type: "string", value });
    return { loaded, tokenizer, metadata: new GgufMetadata(name, entries), dispose: () => weights.dispose() };
  } catch (error) {
    await weights.dispose();
    throw error;
  }
}
