import type { Backend, Capabilities, LoadProgress } from "./backend/backend.ts";
import { checkOptions, describeValue } from "./check-argument.ts";
import { BayLingError } from "./errors.ts";
import type { AdapterInput } from "./loading/adapters/adapter.ts";
import { openModelFiles } from "./loading/model-files.ts";
import { Model } from "./model.ts";
import type { ModelSource } from "./sources/is-folder.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";

/** The context that a model gets when nobody asks for one: KV caches grow with it. */
const defaultContextLength = 4096;
const defaultMaxSequences = 8;

export interface LoadModelOptions {
  /** What runs the model: `cpu()`, `webgpu()`, `cuda()` or your own. */
  readonly backend: Backend;
  /**
   * LoRA adapters: folders of PEFT, or GGUF adapters of llama.cpp. They are merged into the weights in this order while
   * the model is loaded, so every backend runs them, and at full speed. A weight that is changed keeps its type if that
   * is F32, F16 or BF16, and is Q8_0 where the model is quantized.
   */
  readonly adapters?: readonly AdapterInput[] | undefined;
  /** Tokens that a sequence can hold. Default: what the model was made for, at most 4096. */
  readonly contextLength?: number | undefined;
  /** Sequences that can be alive at once: beams, chats, users. Default 8. */
  readonly maxSequences?: number | undefined;
  /** Called as weights arrive. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a model and brings it onto a backend. Dispose the model when done.
 * @param source a GGUF file (path, URL, `Blob`, or the parts of a split one), or a folder as Hugging Face has them, with
 * `config.json`, weights and tokenizer: its path, its URL with `/` at the end, its files as an array or by name
 * @throws BayLingError codes of reading (`source-…`, `gguf-…`, `safetensors-…`, `pytorch-…`), of the model
 * (`architecture-not-supported`, `model-…`, `tensor-…`, `tokenizer-…`), of adapters (`adapter-…`), of the backend (`backend-…`, `out-of-memory`),
 * `argument-invalid`; the signal's reason
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions): Promise<Model> {
  checkOptions(options);
  const { backend, signal } = options;
  checkBackend(backend);
  const files = await openModelFiles(source, { adapters: options.adapters, signal });
  try {
    const { loaded, tokenizer } = files;
    checkVocabulary(tokenizer, loaded.config.vocabularySize, loaded.name);
    const { maxPositionEmbeddings } = loaded.config;
    const fallback = Math.min(maxPositionEmbeddings, defaultContextLength);
    const backendModel = await load(backend, loaded, {
      contextLength: count("contextLength", options.contextLength ?? fallback, maxPositionEmbeddings),
      maxSequences: count("maxSequences", options.maxSequences ?? defaultMaxSequences, 2 ** 16),
      onProgress: options.onProgress ?? (() => {}),
      signal,
    });
    return new Model({ files, backendId: backend.id, backendModel });
  } catch (error) {
    await files.dispose();
    throw error;
  }
}

async function load(backend: Backend, ...[loaded, options]: Parameters<Backend["doLoad"]>) {
  try {
    const model = await backend.doLoad(loaded, options);
    checkCapabilities(model.capabilities, backend.id);
    return model;
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (BayLingError.isInstance(cause)) throw cause;
    throw new BayLingError("backend-failed", {
      source: loaded.name,
      problem: `the backend "${backend.id}" could not load the model: ${String(cause)}`,
      cause,
    });
  }
}

function checkBackend(backend: Backend | undefined): void {
  if (backend?.specificationVersion === "v1") return;
  throw new BayLingError("argument-invalid", {
    field: "backend",
    problem: "this is no backend that this version can use",
    expected: 'an object with specificationVersion "v1", such as cpu()',
    received: describeBackend(backend),
    remedy: "Pass { backend: cpu() } with cpu from @bayling/core/cpu, or update the backend",
  });
}

/** Numbers that core counts with: a wrong one would make it wait for ever. */
function checkCapabilities(capabilities: Capabilities, id: string): void {
  for (const field of ["contextLength", "maxSequences", "maxBatchTokens"] as const) {
    if (Number.isInteger(capabilities[field]) && capabilities[field] >= 1) continue;
    throw new BayLingError("backend-contract-violated", {
      source: id,
      field: `capabilities.${field}`,
      problem: "the backend broke its contract",
      expected: "an integer from 1 on",
      received: String(capabilities[field]),
      remedy: "Run @bayling/backend-conformance on it",
    });
  }
}

function describeBackend(backend: Backend | null | undefined): string {
  if (backend === undefined || backend === null) return "nothing";
  return `specificationVersion ${describeValue(backend.specificationVersion)}`;
}

function checkVocabulary(tokenizer: Tokenizer, rows: number, source: string): void {
  if (tokenizer.vocabularySize <= rows) return;
  throw new BayLingError("model-shape-mismatch", {
    source,
    field: "the embedding table",
    problem: "the tokenizer has tokens that the embedding table has no row for",
    expected: `at least ${tokenizer.vocabularySize} rows`,
    received: `${rows}`,
  });
}

function count(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new BayLingError("argument-invalid", {
    field,
    problem: "the model cannot be loaded with it",
    expected: `an integer from 1 to ${most}`,
    received: describeValue(value),
  });
}
