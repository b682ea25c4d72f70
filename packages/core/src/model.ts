import type { BackendModel, BackendSequence, Capabilities } from "./backend/backend.ts";
import type { ChatOptions, ChatSession } from "./chat-session.ts";
import { checkLength, checkOptions, describeValue, invalidArgument } from "./check-argument.ts";
import { BayLingError } from "./errors.ts";
import type { GgufMetadata } from "./formats/gguf-metadata.ts";
import { BatchScheduler } from "./generation/batch-scheduler.ts";
import type { beamSearch, Hypothesis } from "./generation/beam-search.ts";
import { type GenerationProgress, type GenerationTask, generateTokens } from "./generation/generate.ts";
import { Generation } from "./generation/generation.ts";
import { type GenerateOptions, type GenerationSettings, resolveOptions } from "./generation/generation-options.ts";
import { Sequence, type SequenceHost } from "./generation/sequence.ts";
import { SequencePool } from "./generation/sequence-pool.ts";
import type { GeneratedToken } from "./generation/text-stream.ts";
import type { Graph } from "./graph/graph.ts";
import type { ModelConfig } from "./graph/model-config.ts";
import type { ModelFiles } from "./loading/model-files.ts";
import type { TextPart, Tokenizer } from "./tokenizer/tokenizer.ts";

/** A prompt: text, text of mixed trust, or token ids. */
export type Prompt = string | readonly TextPart[] | ArrayLike<number>;

/** What a model is put together from; see `loadModel`. */
export interface ModelParts {
  readonly files: ModelFiles;
  readonly backendId: string;
  readonly backendModel: BackendModel;
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
  /** Sequences that the backend is making: it must not be disposed meanwhile. */
  readonly #adoptions = new Set<Promise<Sequence>>();
  /** Sequences of callers that a generation writes on. */
  readonly #writing = new Set<Sequence>();
  /** Those that may make way, the one that was used last at the end. */
  readonly #evictable = new Set<Sequence>();
  /** How many sequences have been disposed. */
  #freed = 0;
  readonly #host: SequenceHost;
  #disposing: Promise<void> | undefined;

  /** @internal Made by `loadModel`. */
  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.tokenizer = parts.files.tokenizer;
    this.backendId = parts.backendId;
    this.#scheduler = new BatchScheduler(parts.backendModel);
    const isDisposed = () => this.#disposing !== undefined;
    this.#host = {
      name: this.name,
      get disposed(): boolean {
        return isDisposed();
      },
      backendModel: parts.backendModel,
      scheduler: this.#scheduler,
      vocabularySize: this.config.vocabularySize,
      createSequence: () => this.createSequence(),
      adopt: (create, tokens) => this.#adopt(create, tokens),
      check: () => this.#check(),
      forget: (sequence) => {
        this.#freed++;
        this.#sequences.delete(sequence);
        this.#evictable.delete(sequence);
      },
    };
  }

  /** The source's name. */
  get name(): string {
    return this.#parts.files.loaded.name;
  }

  get config(): ModelConfig {
    return this.#parts.files.loaded.config;
  }

  get graph(): Graph {
    return this.#parts.files.loaded.graph;
  }

  /** The metadata of the GGUF file; of a folder, its name and chat template by GGUF's keys. */
  get metadata(): GgufMetadata {
    return this.#parts.files.metadata;
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

  /**
   * An empty sequence.
   * @param options `evictable`: it may be disposed when room is needed and nothing runs on it
   * @throws BayLingError `sequence-limit`, `out-of-memory`, `disposed`
   */
  async createSequence({ evictable = false }: { readonly evictable?: boolean | undefined } = {}): Promise<Sequence> {
    const sequence = await this.#adopt(() => this.#parts.backendModel.doCreateSequence(), []);
    if (evictable) this.#evictable.add(sequence);
    return sequence;
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
    if (options.sequence !== undefined) this.#checkOwn(options.sequence);
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

  /**
   * A dialogue with the model. Dispose it when done, or with the model.
   * @throws BayLingError `argument-invalid`, `template-invalid`, `disposed`
   */
  async chat(options: ChatOptions = {}): Promise<ChatSession> {
    this.#check();
    checkOptions(options);
    // Templates are left to be loaded by those who chat.
    const { openChat } = await import("./chat-session.ts");
    return openChat(this, options);
  }

  /** Frees everything: sequences, the backend's memory, the file. Ends what runs. May be called twice. */
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
    if (own !== undefined && this.#writing.has(own)) {
      throw new BayLingError("sequence-busy", {
        source: this.name,
        problem: "another generation writes on the sequence",
        remedy: "Read that one to its end, or fork the sequence",
      });
    }
    const sequence = own ?? (await this.#takeSequence(prompt));
    const task = { prompt, settings, tokenizer: this.tokenizer, progress };
    let usable = true;
    this.#writing.add(sequence);
    try {
      if (settings.beams > 1) yield* searchBeams({ ...task, sequence }, onHypotheses);
      else if (settings.draft.length === 0) yield* generateTokens({ ...task, sequence });
      else yield* generateFromDraft({ ...task, sequence });
    } catch (error) {
      usable = !(BayLingError.isInstance(error) && error.code.startsWith("backend-"));
      throw error;
    } finally {
      this.#writing.delete(sequence);
      if (this.#evictable.delete(sequence)) this.#evictable.add(sequence);
      if (own === undefined && !sequence.disposed) {
        if (usable) this.#pool.give(sequence);
        else sequence.dispose();
      }
    }
  }

  async #takeSequence(prompt: readonly number[]): Promise<Sequence> {
    this.#check();
    const mayCreate = this.#sequences.size < this.capabilities.maxSequences;
    return this.#pool.take(prompt, mayCreate) ?? (await this.createSequence());
  }

  #adopt(create: () => Promise<BackendSequence>, tokens: readonly number[]): Promise<Sequence> {
    const adoption = this.#makeRoom(create, tokens);
    this.#adoptions.add(adoption);
    const settled = () => this.#adoptions.delete(adoption);
    adoption.then(settled, settled);
    return adoption;
  }

  async #makeRoom(create: () => Promise<BackendSequence>, tokens: readonly number[]): Promise<Sequence> {
    for (;;) {
      this.#check();
      const freed = this.#freed;
      try {
        const created = await create();
        if (this.#disposing !== undefined) created.dispose();
        this.#check();
        const sequence = new Sequence(this.#host, created, tokens);
        this.#sequences.add(sequence);
        return sequence;
      } catch (error) {
        // Idle sequences make way; when there are none, the backend has said what its limit is.
        const full =
          BayLingError.isInstance(error) && (error.code === "sequence-limit" || error.code === "out-of-memory");
        // Others may have made room in the meantime.
        if (full && (this.#freed !== freed || this.#pool.dropOldest() || this.#evictOldest())) continue;
        throw error;
      }
    }
  }

  /** Frees the evictable sequence that was written on the longest time ago; false when all are in use. */
  #evictOldest(): boolean {
    for (const sequence of this.#evictable) {
      if (sequence.busy || this.#writing.has(sequence)) continue;
      sequence.dispose();
      return true;
    }
    return false;
  }

  #encode(prompt: Prompt, { addBos, parseSpecial = false }: GenerateOptions): readonly number[] {
    const tokens = isText(prompt) ? this.tokenizer.encode(prompt, { addBos, parseSpecial }) : this.#checkIds(prompt);
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

  #checkIds(prompt: ArrayLike<number>): readonly number[] {
    const length = checkLength("prompt", prompt);
    const { vocabularySize } = this.config;
    const ids: number[] = [];
    for (let index = 0; index < length; index++) {
      const token = prompt[index]!;
      if (Number.isInteger(token) && token >= 0 && token < vocabularySize) {
        ids.push(token);
        continue;
      }
      throw new BayLingError("token-out-of-range", {
        source: this.name,
        field: `prompt[${index}]`,
        problem: "the vocabulary has no such token",
        expected: `an integer from 0 to ${vocabularySize - 1}`,
        received: describeValue(token),
      });
    }
    return ids;
  }

  #checkOwn(sequence: Sequence): void {
    if (this.#sequences.has(sequence)) return;
    if (!(sequence instanceof Sequence)) throw invalidArgument("sequence", "a sequence of this model", sequence);
    if (sequence.disposed) {
      throw new BayLingError("disposed", { source: this.name, problem: "the sequence is disposed" });
    }
    throw new BayLingError("argument-invalid", {
      source: this.name,
      field: "sequence",
      problem: "the sequence belongs to another model",
      expected: "one that createSequence() or fork() of this model made",
    });
  }

  #check(): void {
    if (this.#disposing !== undefined) throw this.#disposedError();
  }

  #disposedError(): BayLingError {
    return new BayLingError("disposed", { source: this.name, problem: "the model is disposed" });
  }

  async #dispose(): Promise<void> {
    try {
      await this.#scheduler.close(this.#disposedError());
      await Promise.allSettled(this.#adoptions);
      await this.#parts.backendModel.dispose();
    } finally {
      await this.#parts.files.dispose();
    }
  }
}

function isText(prompt: Prompt): prompt is string | readonly TextPart[] {
  return typeof prompt === "string" || (Array.isArray(prompt) && typeof prompt[0] === "object" && prompt[0] !== null);
}

async function* searchBeams(...task: Parameters<typeof beamSearch>): AsyncGenerator<GeneratedToken, void, undefined> {
  const beams = await import("./generation/beam-search.ts");
  yield* beams.beamSearch(...task);
}

async function* generateFromDraft(
  task: GenerationTask & { readonly sequence: Sequence },
): AsyncGenerator<GeneratedToken, void, undefined> {
  const { DraftedSequence } = await import("./generation/drafted-sequence.ts");
  const sequence = new DraftedSequence(task.sequence, task.settings.draft, task.prompt.length);
  try {
    yield* generateTokens({ ...task, sequence });
  } finally {
    sequence.close();
  }
}
