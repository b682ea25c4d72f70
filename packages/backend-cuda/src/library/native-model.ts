import type { LoweredModel } from "../lowering/lowered-model.ts";
import type { LlamaLibrary, ModelDescription, Pointer } from "./llama-library.ts";
import { metadataOverrides } from "./metadata-overrides.ts";

export interface NativeModelOptions {
  readonly gpuLayers: number;
  /** From 0 to 1. */
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** A `llama_model`: weights in memory, mapped or on a device. */
export class NativeModel {
  readonly library: LlamaLibrary;
  readonly pointer: Pointer;
  readonly description: ModelDescription;
  readonly gpuLayers: number;

  private constructor(library: LlamaLibrary, pointer: Pointer, gpuLayers: number) {
    this.library = library;
    this.pointer = pointer;
    this.gpuLayers = gpuLayers;
    this.description = library.describeModel(pointer);
  }

  /** Undefined where llama.cpp refuses; the signal's reason when aborted. */
  static async load(
    library: LlamaLibrary,
    { paths, architecture, vocabularySize }: LoweredModel,
    { gpuLayers, onProgress, signal }: NativeModelOptions,
  ): Promise<NativeModel | undefined> {
    const { koffi, modelDefaults } = library;
    // Core has the tokenizer: llama.cpp's own would take a third of a second for 128,000 tokens.
    const overrides = metadataOverrides({
      "tokenizer.ggml.model": "no_vocab",
      [`${architecture}.vocab_size`]: vocabularySize,
    });
    const onFraction = (fraction: number) => {
      if (!signal?.aborted) onProgress(fraction);
      return !signal?.aborted;
    };
    const callback = koffi.register(onFraction, koffi.pointer(library.progressCallback));
    try {
      const pointer = await library.loadModel(paths, {
        ...modelDefaults,
        n_gpu_layers: gpuLayers,
        progress_callback: callback,
        kv_overrides: library.addressOf(overrides),
      });
      const model = pointer === null ? undefined : new NativeModel(library, pointer, gpuLayers);
      if (signal?.aborted) {
        await model?.dispose();
        throw signal.reason;
      }
      return model;
    } finally {
      koffi.unregister(callback);
    }
  }

  /** After its contexts. */
  dispose(): Promise<void> {
    return this.library.freeModel(this.pointer);
  }
}
