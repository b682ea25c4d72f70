import type { BackendModel, BackendSequence, TokenMask, Want } from "../backend/backend.ts";
import { checkLength, checkOptions, describeValue } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { sampleToken } from "../sampling/sampler.ts";
import type { SamplingSpec } from "../sampling/sampling-spec.ts";
import { applyMask } from "../sampling/token-mask.ts";
import { type TopScores, topScores } from "../sampling/top-scores.ts";
import type { BatchScheduler } from "./batch-scheduler.ts";

/** What sequences need from their model. */
export interface SequenceHost {
  readonly name: string;
  readonly backendModel: BackendModel;
  readonly scheduler: BatchScheduler;
  readonly vocabularySize: number;
  createSequence(): Promise<Sequence>;
  /** Makes room, lets the backend create a sequence, and wraps it with the tokens that it holds. */
  adopt(create: () => Promise<BackendSequence>, tokens: readonly number[]): Promise<Sequence>;
  readonly disposed: boolean;
  /** Throws when the model is disposed. */
  check(): void;
  forget(sequence: Sequence): void;
}

export interface EvaluateOptions<W extends Want = Want> {
  /** What to return; default `last`. */
  readonly want?: W | undefined;
  /** Only these tokens may come next: others get −Infinity in `last` and are left out of `top`. */
  readonly mask?: TokenMask | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an evaluation returns for each kind of `want`. */
export type Evaluation<W extends Want> = W extends "none"
  ? undefined
  : W extends "last" | "all" | "embedding"
    ? Float32Array
    : TopScores;

export interface SampleOptions {
  readonly spec: SamplingSpec;
  /** How many tokens to draw one after the other. */
  readonly steps: number;
  readonly stopTokens: readonly number[];
  readonly mask?: TokenMask | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A text in progress: tokens with their KV cache. One operation at a time; several sequences of a model may work at
 * once and are batched.
 */
export class Sequence {
  readonly #host: SequenceHost;
  readonly #sequence: BackendSequence;
  readonly #tokens: number[];
  #busy = false;
  #disposeWanted = false;
  #disposed = false;

  /** @internal Made by `model.createSequence()`. */
  constructor(host: SequenceHost, sequence: BackendSequence, tokens: readonly number[]) {
    this.#host = host;
    this.#sequence = sequence;
    this.#tokens = [...tokens];
  }

  /** The tokens that have been evaluated: a view that grows with them. */
  get tokens(): readonly number[] {
    return this.#tokens;
  }

  /** How many tokens have been evaluated. */
  get position(): number {
    return this.#tokens.length;
  }

  /** Whether it, or its model, is disposed. */
  get disposed(): boolean {
    return this.#disposed || this.#host.disposed;
  }

  /** How many tokens fit. */
  get contextLength(): number {
    return this.#host.backendModel.capabilities.contextLength;
  }

  /**
   * Appends tokens and returns what is wanted: `last` the scores after the last token ([vocabulary] logits up to a
   * constant), `all` those after every token ([tokens, vocabulary]), `embedding` the final hidden states
   * ([tokens, hiddenSize]), `{ top, ids }` log-probabilities of the best tokens and of `ids`. The arrays are yours.
   * The mask concerns `last` and `top` only. When it rejects, the sequence is as it was before.
   * @throws BayLingError `token-out-of-range`, `argument-invalid`, `context-full`, `sequence-busy`, `disposed`,
   * `capability-missing`; the signal's reason
   */
  evaluate<W extends Want = "last">(
    tokens: ArrayLike<number>,
    options: EvaluateOptions<W> = {},
  ): Promise<Evaluation<W>> {
    return this.#exclusive(async () => {
      checkOptions(options);
      const { want = "last", mask, signal } = options as EvaluateOptions;
      const ids = this.#validate(tokens, signal);
      this.#validateWant(want);
      this.#validateMask(mask);
      const { capabilities } = this.#host.backendModel;
      const emulatedTop = typeof want === "object" && !capabilities.top;
      const result = await this.#host.scheduler.evaluate({
        sequence: this.#sequence,
        tokens: ids,
        want: emulatedTop ? "last" : want,
        mask: capabilities.masks && !emulatedTop && (want === "last" || typeof want === "object") ? mask : undefined,
        signal,
      });
      this.#append(ids);
      if (want === "none") return undefined as Evaluation<W>;
      if (typeof want === "object") {
        return (result.top ?? topScores(result.scores!, want.top, want.ids, mask)) as Evaluation<W>;
      }
      if (want === "last" && mask !== undefined && !capabilities.masks) applyMask(result.scores!, mask);
      return (want === "embedding" ? result.embedding : result.scores) as Evaluation<W>;
    });
  }

  /**
   * Appends tokens and draws up to `steps` more, on the device where the backend can. All but the last drawn are then
   * in the sequence. Drawing a stop token ends it early. The specification is taken as it is: `model.generate` checks
   * and completes its options first.
   * @throws as {@link evaluate}, and `scores-invalid` when nothing can be drawn
   */
  sample(tokens: ArrayLike<number>, { spec, steps, stopTokens, mask, signal }: SampleOptions): Promise<Uint32Array> {
    return this.#exclusive(async () => {
      const ids = this.#validate(tokens, signal);
      this.#validateMask(mask);
      if (!(typeof steps === "number" && steps >= 1)) throw this.#invalid("steps", "a number from 1 on", steps);
      const { capabilities } = this.#host.backendModel;
      const room = this.contextLength - this.position - ids.length + 1;
      const before = this.#tokens.slice(Math.max(0, this.position - spec.penaltyWindow));
      const history = new Uint32Array(before.length + ids.length);
      history.set(before);
      history.set(ids, before.length);
      const onDevice = capabilities.deviceSampling && (mask === undefined || capabilities.masks);
      const result = await this.#host.scheduler.evaluate({
        sequence: this.#sequence,
        tokens: ids,
        want: onDevice ? "none" : "last",
        ...(onDevice && { mask, sample: { spec, history, steps: Math.min(steps, room), stopTokens } }),
        signal,
      });
      this.#append(ids);
      if (onDevice) {
        this.#append(result.sampled!.subarray(0, -1));
        return result.sampled!;
      }
      try {
        return Uint32Array.of(sampleToken(result.scores!, spec, { position: this.position, history, mask }));
      } catch (error) {
        this.#truncate(this.position - ids.length);
        throw error;
      }
    });
  }

  /** How many of `tokens`, from the first, this sequence already holds. */
  commonPrefix(tokens: ArrayLike<number>): number {
    const end = Math.min(tokens.length, this.position);
    let length = 0;
    while (length < end && tokens[length] === this.#tokens[length]) length++;
    return length;
  }

  /** Forgets all tokens from `position` on. @throws BayLingError `argument-invalid`, `sequence-busy`, `disposed` */
  truncate(position: number): void {
    this.#check();
    if (!Number.isInteger(position) || position < 0 || position > this.position) {
      throw this.#invalid("position", `an integer from 0 to ${this.position}`, position);
    }
    this.#truncate(position);
  }

  /**
   * A second sequence with the same tokens; both go on independently. Evaluates the tokens again where the backend
   * cannot copy a KV cache.
   * @throws BayLingError `sequence-limit`, `sequence-busy`, `disposed`, `out-of-memory`; the signal's reason
   */
  fork(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Sequence> {
    return this.#exclusive(async () => {
      checkOptions(options);
      options.signal?.throwIfAborted();
      if (this.#host.backendModel.capabilities.fork) {
        return this.#host.adopt(() => this.#sequence.doFork!(), this.#tokens);
      }
      const fork = await this.#host.createSequence();
      if (this.position === 0) return fork;
      try {
        await fork.evaluate(this.#tokens, { want: "none", signal: options.signal });
        return fork;
      } catch (error) {
        fork.dispose();
        throw error;
      }
    });
  }

  /** Whether an operation runs. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Frees the KV cache now, or as soon as the operation that runs is over. */
  disposeWhenIdle(): void {
    if (this.#busy) this.#disposeWanted = true;
    else this.dispose();
  }

  /** Frees the KV cache. May be called twice. @throws BayLingError `sequence-busy` while an operation runs */
  dispose(): void {
    if (this.disposed) return; // the model frees its sequences
    if (this.#busy) throw this.#busyError();
    this.#disposed = true;
    this.#sequence.dispose();
    this.#host.forget(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #truncate(position: number): void {
    if (position === this.position) return;
    this.#sequence.doTruncate(position);
    this.#tokens.length = position;
  }

  #append(tokens: Uint32Array): void {
    for (const token of tokens) this.#tokens.push(token);
  }

  /** Runs one operation while no other may begin. */
  async #exclusive<T>(operation: () => Promise<T>): Promise<T> {
    this.#check();
    this.#busy = true;
    try {
      return await operation();
    } finally {
      this.#busy = false;
      if (this.#disposeWanted) this.dispose();
    }
  }

  #check(): void {
    this.#host.check();
    if (this.#disposed) {
      throw new BayLingError("disposed", { source: this.#host.name, problem: "the sequence is disposed" });
    }
    if (this.#busy) throw this.#busyError();
  }

  #busyError(): BayLingError {
    return new BayLingError("sequence-busy", {
      source: this.#host.name,
      problem: "the sequence is in the middle of another operation",
      remedy: "Await the one before, or fork the sequence",
    });
  }

  #validate(tokens: ArrayLike<number>, signal: AbortSignal | undefined): Uint32Array {
    signal?.throwIfAborted();
    const { name, vocabularySize } = this.#host;
    const length = checkLength("tokens", tokens);
    if (length === 0) {
      throw this.#invalid("tokens", "at least one token", "none");
    }
    if (this.#sequence.position !== this.position) {
      throw new BayLingError("backend-contract-violated", {
        source: name,
        problem: "the backend lost the place of the sequence",
        expected: `position ${this.position}`,
        received: `${this.#sequence.position}`,
        remedy: "Dispose the sequence",
      });
    }
    if (this.position + length > this.contextLength) {
      throw new BayLingError("context-full", {
        source: name,
        problem: "the tokens do not fit into the context",
        expected: `at most ${this.contextLength - this.position} more after ${this.position}`,
        received: `${length}`,
        remedy: "Shorten the text, truncate the sequence, or load the model with a larger contextLength",
      });
    }
    const ids = new Uint32Array(length);
    for (let index = 0; index < length; index++) {
      const token = tokens[index]!;
      if (Number.isInteger(token) && token >= 0 && token < vocabularySize) {
        ids[index] = token;
        continue;
      }
      throw new BayLingError("token-out-of-range", {
        source: name,
        field: `tokens[${index}]`,
        problem: "the vocabulary has no such token",
        expected: `an integer from 0 to ${vocabularySize - 1}`,
        received: describeValue(token),
      });
    }
    return ids;
  }

  #validateWant(want: Want): void {
    if (typeof want !== "object" || want === null) {
      if (!["none", "last", "all", "embedding"].includes(want)) {
        throw this.#invalid("want", '"none", "last", "all", "embedding" or { top }', want);
      }
      if (want === "embedding" && !this.#host.backendModel.capabilities.embeddings) {
        throw new BayLingError("capability-missing", {
          source: this.#host.name,
          field: "want",
          problem: "the backend cannot return embeddings",
        });
      }
      return;
    }
    const { vocabularySize } = this.#host;
    if (!Number.isInteger(want.top) || want.top < 0) throw this.#invalid("want.top", "an integer from 0 on", want.top);
    if (want.ids !== undefined && !Array.isArray(want.ids)) throw this.#invalid("want.ids", "an array", want.ids);
    for (const id of want.ids ?? []) {
      if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
        throw this.#invalid("want.ids", `integers from 0 to ${vocabularySize - 1}`, id);
      }
    }
  }

  #validateMask(mask: TokenMask | undefined): void {
    if (mask === undefined) return;
    const { vocabularySize } = this.#host;
    const words = Math.ceil(vocabularySize / 32);
    if (!(mask instanceof Uint32Array) || mask.length !== words) {
      throw this.#invalid("mask", `a Uint32Array of ${words} words`, `${mask?.length} words`);
    }
    const spare = words * 32 - vocabularySize;
    if (mask.some((word, index) => (index === words - 1 ? word << spare : word) !== 0)) return;
    throw this.#invalid("mask", "at least one token that is allowed", "none");
  }

  #invalid(field: string, expected: string, received: unknown): BayLingError {
    return new BayLingError("argument-invalid", {
      source: this.#host.name,
      field,
      problem: "the argument has a value that it cannot have",
      expected,
      received: typeof received === "string" ? received : describeValue(received),
    });
  }
}

/** What writing one text needs of a sequence. */
export type WritableSequence = Pick<
  Sequence,
  "tokens" | "position" | "disposed" | "contextLength" | "commonPrefix" | "truncate" | "sample"
> & {
  evaluate(
    tokens: ArrayLike<number>,
    options: EvaluateOptions<"last"> & { readonly want: "last" },
  ): Promise<Float32Array>;
};
