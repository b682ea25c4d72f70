import type { LoadedModel } from "../backend/backend.ts";
import { checkOptions } from "../check-argument.ts";
import type { GgufMetadata } from "../formats/gguf-metadata.ts";
import { readGguf } from "../formats/gguf-reader.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { isFolder, type ModelSource } from "../sources/is-folder.ts";
import type { SourceInput } from "../sources/open-source.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { createTokenizerFromGguf } from "../tokenizer/tokenizer-from-gguf.ts";
import type { AdapterInput } from "./adapters/adapter.ts";
import { readGgufModel } from "./gguf-model.ts";

/** What the files of a model hold: all of it but a backend to run on. */
export interface ModelFiles {
  readonly loaded: LoadedModel;
  readonly tokenizer: Tokenizer;
  /** That of a GGUF file; of a folder, its name and chat template by GGUF's keys. */
  readonly metadata: GgufMetadata;
  /** Closes the files. */
  dispose(): Promise<void>;
}

export interface OpenModelOptions extends ReadOptions {
  /** LoRA adapters, merged into the weights in this order as they are read. */
  readonly adapters?: readonly AdapterInput[] | undefined;
}

/**
 * Opens the files of a model and reads all but the weights.
 * @throws BayLingError `source-…`, `gguf-…`, `safetensors-…`, `pytorch-…`, `architecture-not-supported`, `model-…`, `tensor-…`,
 * `tokenizer-…`, `adapter-…`
 */
export async function openModelFiles(source: ModelSource, options: OpenModelOptions = {}): Promise<ModelFiles> {
  checkOptions(options);
  const { adapters = [], signal } = options;
  if (Array.isArray(adapters) && adapters.length === 0) return openBase(source, { signal });
  const { openAdaptedFiles } = await import("./loaded-later.ts");
  return openAdaptedFiles(await openBase(source, { signal }), adapters, { signal });
}

async function openBase(source: ModelSource, options: ReadOptions): Promise<ModelFiles> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (await isFolder(source)) {
    const { openHuggingFaceFolder } = await import("./loaded-later.ts");
    return openHuggingFaceFolder(source, { signal });
  }
  const file = await readGguf(source as SourceInput | readonly SourceInput[], { signal });
  try {
    const loaded = await readGgufModel(file, signal);
    const tokenizer = createTokenizerFromGguf(file.metadata, file.name);
    return { loaded, tokenizer, metadata: file.metadata, dispose: () => file.dispose() };
  } catch (error) {
    await file.dispose();
    throw error;
  }
}
