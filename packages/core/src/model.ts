import type { BackendModel, BackendSequence, Capabilities, LoadedModel } from "./backend/backend.ts";
import { BayLingError } from "./errors.ts";
import type { GgufMetadata } from "./formats/gguf-metadata.ts";
import type { GgufFile } from "./formats/gguf-reader.ts";
import { BatchScheduler } from "./generation/batch-scheduler.ts";
import { beamSearch, type Hypothesis } from "./generation/beam-search.ts";
import { type GenerationProgress, generateTokens } from "./generation/generate.ts";
import { Generation } from "./generation/generation.ts";
import { type GenerateOptions, type GenerationSettings, resolveOptions } from "./generation/generation-options.ts";
import { Sequence, type SequenceHost } from "./generation/sequence.ts";
import { SequencePool } from "./generation/sequence-pool.ts";
import type { GeneratedToken } from "./generation/text-stream.ts";
import type { Graph } from "./graph/graph.ts";
import type { ModelConfig } from "./graph/model-config.ts";
import type { TextPart, Tokenizer } from "./tokenizer/tokenizer.ts";

/** A prompt: text, text of mixed trust, or token ids. */
export type Prompt = string | readonly TextPart[] | ArrayLike<number>;

/** What a model is put together from; see `loadModel`. */
export interface ModelParts {
  readonly loaded: LoadedModel;
  readonly backendId: string;
  readonly backendModel: BackendModel;
  readonly tokenizer: Tokenizer;
  readonly file: GgufFile;
}

/** A model on a backend, ready to write. Made by `loadModel`. */
export class Model {
  readonly tokenizer: Tokenizer;
  /** The id of the backend that runs it. */
  readonly backendId: string;
  readonly #parts: ModelParts;
  readonly #scheduler: BatchScheduler;
  readonly #pool = new SequencePool();
  readonly #sequences = new Set<Sequence>();
  readonly #host: SequenceHost;
  #disposing: Promise<void> | undefined;

  /** @internal Made by `loadModel`. */
  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.tokenizer = parts.tokenizer;
    this.backendId = parts.backendId;
    this.#scheduler = new BatchScheduler(parts.backendModel);
    this.#host = {
      name: this.name,
      backendModel: parts.backendModel,
      scheduler: this.#scheduler,
      vocabularySize: this.config.vocabularySize,
      createSequence: () => this.createSequence(),
      adopt: (create, tokens) => this.#adopt(create, tokens),
      check: () => this.#check(),
      forget: (sequence) => this.#sequences.delete(sequence),
    };
  }

  /** The source's name. */
  get name(): string {
    return this.#parts.loaded.name;
  }

  get config(): ModelConfig {
    return this.#parts.loaded.config;
  }

  get graph(): Graph {
    return this.#parts.loaded.graph;
  }

  /** The metadata of the GGUF file. */
  get metadata(): GgufMetadata {
    return this.#parts.file.metadata;
  }

  get capabilities(): Capabilities {
    return this.#parts.backendModel.capabilities;
  }

  /** How many tokens a sequence can hold. */
  get contextLength(): number {
    return this.capabilities.contextLength;
  }

  /** Tokens evaluated since the model was loaded; what prefix reuse saves is not in it. */
  get evaluatedTokens(): number {
    return this.#scheduler.evaluatedTokens;
  }

  /** An empty sequence. @throws BayLingError `sequence-limit`, `out-of-memory`, `disposed` */
  createSequence(): Promise<Sequence> {
    return this.#adopt(() => this.#parts.backendModel.doCreateSequence(), []);
  }

  /**
   * Continues a prompt: raw completion, with the beginning-of-sequence token as the file says. Nothing runs before
   * the result is read.
   * @throws BayLingError `argument-invalid`, `token-out-of-range`, `disposed` at once; `context-full`,
   * `sequence-busy`, `scores-invalid`, backend errors and the signal's reason while it is read
   */
  generate(prompt: Prompt, options: GenerateOptions = {}): Generation {
    this.#check();
    const settings = resolveOptions(options, this.tokenizer.endTokens, this.config.vocabularySize);
    const tokens = this.#encode(prompt, options);
    const progress: GenerationProgress = { finishReason: undefined, reusedTokens: 0, generatedTokens: 0 };
    let hypotheses: readonly Hypothesis[] = [];
    return new Generation({
      promptTokens: tokens.length,
      progress,
      hypotheses: () => hypotheses,
      tokens: () =>
        this.#generate(tokens, settings, options.sequence, progress, (found) => {
          hypotheses = found;
        }),
    });
  }

  /** Frees everything: sequences, the backend's memory, the file. Waits for the batch that runs. May be called twice. */
  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async *#generate(
    prompt: readonly number[],
    settings: GenerationSettings,
    own: Sequence | undefined,
    progress: GenerationProgress,
    onHypotheses: (hypotheses: readonly Hypothesis[]) => void,
  ): AsyncGenerator<GeneratedToken, void, undefined> {
    settings.signal?.throwIfAborted();
    const sequence = own ?? (await this.#takeSequence(prompt));
    const task = { sequence, prompt, settings, tokenizer: this.tokenizer, progress };
    try {
      yield* settings.beams > 1 ? beamSearch(task, onHypotheses) : generateTokens(task);
    } finally {
      if (own === undefined && !sequence.disposed) this.#pool.give(sequence);
    }
  }

  async #takeSequence(prompt: readonly number[]): Promise<Sequence> {
    this.#check();
    const mayCreate = this.#sequences.size < this.capabilities.maxSequences;
    return this.#pool.take(prompt, mayCreate) ?? (await this.createSequence());
  }

  async #adopt(create: () => Promise<BackendSequence>, tokens: readonly number[]): Promise<Sequence> {
    this.#check();
    for (;;) {
      try {
        const sequence = new Sequence(this.#host, await create(), tokens);
        this.#sequences.add(sequence);
        return sequence;
      } catch (error) {
        // Idle sequences make way; when there are none, the backend has said what its limit is.
        const full =
          BayLingError.isInstance(error) && (error.code === "sequence-limit" || error.code === "out-of-memory");
        if (!full || !this.#pool.dropOldest()) throw error;
      }
    }
  }

  #encode(prompt: Prompt, { addBos, parseSpecial = false }: GenerateOptions): readonly number[] {
    const tokens = isText(prompt) ? this.tokenizer.encode(prompt, { addBos, parseSpecial }) : Array.from(prompt);
    if (tokens.length > 0) return tokens;
    throw new BayLingError("argument-invalid", {
      source: this.name,
      field: "prompt",
      problem: "there is nothing to continue",
      expected: "at least one token",
      received: "none",
      remedy: "Pass some text, or addBos: true",
    });
  }

  #check(): void {
    if (this.#disposing !== undefined) throw this.#disposedError();
  }

  #disposedError(): BayLingError {
    return new BayLingError("disposed", { source: this.name, problem: "the model is disposed" });
  }

  async #dispose(): Promise<void> {
    await this.#scheduler.close(this.#disposedError());
    await this.#parts.backendModel.dispose();
    await this.#parts.file.dispose();
  }
}

function isText(prompt: Prompt): prompt is string | readonly TextPart[] {
  return typeof prompt === "string" || (Array.isArray(prompt) && typeof prompt[0] === "object");
}
