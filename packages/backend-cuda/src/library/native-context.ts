import { DecodeBatch } from "./decode-batch.ts";
import type { LlamaLibrary, Pointer } from "./llama-library.ts";
import { nativeMemory } from "./native-memory.ts";
import type { NativeModel } from "./native-model.ts";

export interface NativeContextOptions {
  /** Positions that the KV cache holds, all sequences together. */
  readonly positions: number;
  readonly sequences: number;
  /** Tokens of one decode. */
  readonly batchTokens: number;
  /** Rows of scores of one decode. */
  readonly outputs: number;
  readonly threads: number;
  readonly cacheType: "f32" | "f16";
}

export type DecodeOutcome = "done" | "full" | "aborted";

/** `ggml_type` of keys and values. */
const elementTypes = { f32: 0, f16: 1 } as const;
const flashAttention = { automatic: -1, disabled: 0 } as const;

/** A `llama_context`: a KV cache that all sequences share, and the memory to evaluate a batch. One call at a time. */
export class NativeContext {
  readonly batch: DecodeBatch;
  readonly options: NativeContextOptions;
  readonly #library: LlamaLibrary;
  readonly #pointer: Pointer;
  readonly #memory: Pointer;
  readonly #vocabularySize: number;
  readonly #hiddenSize: number;
  /** llama.cpp returns before the device has finished. */
  readonly #isAsynchronous: boolean;
  readonly #abortFlag: Uint8Array;
  /** Views of rows by address: llama.cpp gives the same few again and again. */
  readonly #views = new Map<Pointer, Float32Array>();
  #embeds = false;

  private constructor(model: NativeModel, pointer: Pointer, options: NativeContextOptions) {
    this.options = options;
    this.#library = model.library;
    this.#pointer = pointer;
    this.#memory = model.library.memoryOf(pointer);
    this.#vocabularySize = model.description.vocabularySize;
    this.#hiddenSize = model.description.hiddenSize;
    this.#isAsynchronous = model.gpuLayers > 0;
    this.batch = new DecodeBatch(model.library, options.batchTokens);
    this.#abortFlag = nativeMemory.bytes(2);
    this.#library.setAbortCallback(pointer, model.library.isSet, model.library.addressOf(this.#abortFlag));
  }

  /** Undefined where llama.cpp cannot allocate it. */
  static async open(model: NativeModel, options: NativeContextOptions): Promise<NativeContext | undefined> {
    const { library, gpuLayers } = model;
    const { positions, sequences, batchTokens, outputs, threads, cacheType } = options;
    const pointer = await library.createContext(model.pointer, {
      ...library.contextDefaults,
      ...{ n_ctx: positions, n_batch: batchTokens, n_ubatch: batchTokens, n_seq_max: sequences },
      // Hazard: llama.cpp aborts the process when a decode has more outputs than this, or sequences.
      ...{ n_outputs_max: Math.max(outputs, sequences), n_threads: threads, n_threads_batch: threads },
      ...{ type_k: elementTypes[cacheType], type_v: elementTypes[cacheType] },
      flash_attn_type: cacheType === "f32" ? flashAttention.disabled : flashAttention.automatic,
      ...{ offload_kqv: gpuLayers > 0, op_offload: gpuLayers > 0 },
      ...{ kv_unified: true, swa_full: true },
    });
    return pointer === null ? undefined : new NativeContext(model, pointer, options);
  }

  /** Evaluates {@link batch}. `full`: the KV cache has no room for it, and nothing has changed. */
  async decode(embeds: boolean, signal: AbortSignal | undefined): Promise<DecodeOutcome> {
    if (embeds !== this.#embeds) this.#library.setEmbeddings(this.#pointer, embeds);
    this.#embeds = embeds;
    const abort = () => {
      this.#abortFlag[0] = 1;
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const status = await this.#library.decode(this.#pointer, this.batch.toStruct());
      if (status === 1) return "full";
      if (status === 2) return "aborted";
      if (status !== 0) throw new Error(`llama_decode returned ${status}`);
      if (this.#isAsynchronous) await this.#library.synchronize(this.#pointer);
      return "done";
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#abortFlag[0] = 0;
    }
  }

  /** The scores after a token of the batch, in C's memory: valid until the next decode. */
  scores(index: number): Float32Array {
    return this.#view(this.#library.logitsOf(this.#pointer, index), this.#vocabularySize);
  }

  /** The hidden state of a token of the batch, in C's memory: valid until the next decode. */
  embedding(index: number): Float32Array {
    return this.#view(this.#library.embeddingsOf(this.#pointer, index), this.#hiddenSize);
  }

  /** Removes the positions of a sequence from `position` on. */
  truncate(sequence: number, position: number): void {
    this.#library.removePositions(this.#memory, sequence, position, -1);
  }

  /** Lets `target`, which is empty, share all positions of `source`. */
  fork(source: number, target: number): void {
    this.#library.copyPositions(this.#memory, source, target, -1, -1);
  }

  /** Copies all sequences into an empty context of the same model that has room for them. */
  async copyTo(target: NativeContext): Promise<void> {
    const size = Number(this.#library.stateSize(this.#pointer));
    const state = nativeMemory.bytes(size);
    const address = this.#library.addressOf(state);
    const written = Number(await this.#library.stateGet(this.#pointer, address, size));
    const read = Number(await this.#library.stateSet(target.#pointer, address, written));
    if (read !== written || written === 0) throw new Error(`llama.cpp took ${read} of ${written} bytes of its state`);
    state[0] = 0; // keeps the memory alive until C has read it
  }

  dispose(): Promise<void> {
    this.#views.clear();
    return this.#library.freeContext(this.#pointer);
  }

  #view(address: Pointer | null, length: number): Float32Array {
    if (address === null) throw new Error("llama.cpp has no scores for the row that was asked for");
    let view = this.#views.get(address);
    if (view?.length !== length) {
      view = this.#library.floats(address, length);
      this.#views.set(address, view);
    }
    return view;
  }
}
