import type {
  Backend,
  BackendModel,
  BackendSequence,
  BatchItem,
  BatchResult,
  LoadedModel,
  LoadOptions,
  TensorType,
  Want,
} from "@bayling/core/backend";
import { scoreError } from "./compare.ts";
import { CaseSkipped, type ConformanceCase } from "./conformance-case.ts";
import { expectEqual, expectThat } from "./expect.ts";
import { ReferenceModel } from "./reference/reference-model.ts";
import { Random } from "./tiny-llama/random.ts";
import { type TinyLlama, type TinyLlamaOptions, tinyLlama } from "./tiny-llama/tiny-llama.ts";
import { describeWorstScore, type ElementName } from "./worst-element.ts";

/** What a backend case works with: the backend, the bound on errors, and models that are disposed afterwards. */
export class BackendContext {
  readonly backend: Backend;
  /** The largest NMSE that passes. */
  readonly bound: number;
  /** The types that the author declares. */
  readonly weightTypes: readonly TensorType[];
  #worst: number | undefined;
  readonly #models: Set<BackendModel> = new Set();

  constructor(backend: Backend, bound: number, weightTypes: readonly TensorType[]) {
    this.backend = backend;
    this.bound = bound;
    this.weightTypes = weightTypes;
  }

  /** The largest error that the case has measured. */
  get worst(): number | undefined {
    return this.#worst;
  }

  skip(reason: string): never {
    throw new CaseSkipped(reason);
  }

  /** Loads a tiny model: by default 64 positions and 4 sequences. */
  async start(options: TinyLlamaOptions = {}, load: Partial<LoadOptions> = {}): Promise<Session> {
    const type = options.weightType ?? this.floatType();
    const tiny = tinyLlama({ ...options, weightType: type });
    return new Session(this, tiny, await this.load(tiny, load));
  }

  async load(model: LoadedModel, options: Partial<LoadOptions> = {}): Promise<BackendModel> {
    const loaded = await this.backend.doLoad(model, {
      contextLength: 64,
      maxSequences: 4,
      onProgress: () => undefined,
      signal: undefined,
      ...options,
    });
    this.#models.add(loaded);
    return loaded;
  }

  async dispose(model: BackendModel): Promise<void> {
    this.#models.delete(model);
    await model.dispose();
  }

  /** Disposes of every model that the case has left open. */
  async close(): Promise<void> {
    for (const model of [...this.#models]) await this.dispose(model);
  }

  measure(nmse: number): void {
    this.#worst = Math.max(this.#worst ?? 0, nmse);
  }

  /** @param nameOf what the elements are; default: the tokens of the vocabulary in order */
  expectScores(
    actual: ArrayLike<number>,
    reference: ArrayLike<number>,
    what: string,
    nameOf: ElementName = (id) => `token ${id}`,
  ): void {
    expectEqual(actual.length, reference.length, `number of ${what}`);
    const error = scoreError(actual, reference);
    this.measure(error);
    if (error <= this.bound) return;
    const worst = describeWorstScore(actual, reference, nameOf);
    throw new Error(`${what}: ${worst} (NMSE ${error.toExponential(2)} after log-softmax, at most ${this.bound})`);
  }

  /** Behaviour is tested on F32 where the backend takes it, else on its first type without blocks. */
  floatType(): TensorType {
    const type = (["F32", "F16", "BF16"] as const).find((candidate) => this.weightTypes.includes(candidate));
    return type ?? this.skip("takes no weights of F32, F16 or BF16, which the shapes of this case need");
  }
}

export type BackendCase = ConformanceCase<BackendContext>;

/** A loaded tiny model beside its float64 reference. */
export class Session {
  readonly tiny: TinyLlama;
  readonly model: BackendModel;
  readonly reference: ReferenceModel;
  readonly context: BackendContext;

  constructor(context: BackendContext, tiny: TinyLlama, model: BackendModel) {
    this.context = context;
    this.tiny = tiny;
    this.model = model;
    this.reference = ReferenceModel.of(tiny);
  }

  /** Skips the case when the backend declares less than it needs. */
  needs(need: { readonly sequences?: number; readonly batchTokens?: number; readonly positions?: number }): void {
    const { maxSequences, maxBatchTokens, contextLength } = this.model.capabilities;
    if (maxSequences < (need.sequences ?? 1)) this.context.skip(`declares maxSequences ${maxSequences}`);
    if (maxBatchTokens < (need.batchTokens ?? 1)) this.context.skip(`declares maxBatchTokens ${maxBatchTokens}`);
    if (contextLength < (need.positions ?? 1)) this.context.skip(`declares contextLength ${contextLength}`);
  }

  needsCapability(capability: "fork" | "deviceSampling" | "masks" | "top" | "embeddings"): void {
    if (!this.model.capabilities[capability]) this.context.skip(`declares no ${capability}`);
  }

  /** Random token ids, the same for the same seed. */
  tokens(length: number, seed = 1): number[] {
    return [...new Random(seed).tokens(length, this.tiny.config.vocabularySize)];
  }

  async track(): Promise<Track> {
    return new Track(this, await this.model.doCreateSequence(), []);
  }

  async evaluate(items: readonly BatchItem[], signal?: AbortSignal): Promise<readonly BatchResult[]> {
    const results = await this.model.doEvaluate(items, { signal });
    expectEqual(results.length, items.length, "number of results");
    return results;
  }
}

/** A sequence with the tokens that were given to it, so that every score can be compared with the reference. */
export class Track {
  readonly session: Session;
  readonly sequence: BackendSequence;
  readonly tokens: number[];

  constructor(session: Session, sequence: BackendSequence, tokens: readonly number[]) {
    this.session = session;
    this.sequence = sequence;
    this.tokens = [...tokens];
  }

  /** Appends tokens without asking for anything. */
  async feed(tokens: readonly number[]): Promise<void> {
    for (const piece of this.#pieces(tokens)) await this.#evaluate(piece, "none");
  }

  /** Appends tokens and compares the scores after the last one. */
  async check(tokens: readonly number[], what = "scores"): Promise<Float32Array> {
    const pieces = this.#pieces(tokens);
    for (const piece of pieces.slice(0, -1)) await this.#evaluate(piece, "none");
    const { scores } = await this.#evaluate(pieces.at(-1)!, "last");
    expectThat(scores instanceof Float32Array, `${what}: want "last" returned no scores`);
    this.expectScores(scores, what);
    return scores;
  }

  /** Appends tokens and compares the scores after each of them. */
  async checkAll(tokens: readonly number[], what = "scores"): Promise<void> {
    const { vocabularySize } = this.session.tiny.config;
    for (const piece of this.#pieces(tokens)) {
      const { scores } = await this.#evaluate(piece, "all");
      expectThat(scores instanceof Float32Array, `${what}: want "all" returned no scores`);
      expectEqual(scores.length, piece.length * vocabularySize, `number of ${what}`);
      const rows = this.session.reference.evaluate(this.tokens).scores.slice(-piece.length);
      for (const [row, reference] of rows.entries()) {
        const actual = scores.subarray(row * vocabularySize, (row + 1) * vocabularySize);
        this.session.context.expectScores(
          actual,
          reference,
          `${what} at position ${this.tokens.length - piece.length + row}`,
        );
      }
    }
  }

  /** Compares scores with the reference after all tokens so far. */
  expectScores(scores: ArrayLike<number>, what = "scores"): void {
    const at = `${what} at position ${this.tokens.length - 1}`;
    this.session.context.expectScores(scores, this.session.reference.last(this.tokens), at);
  }

  expectPosition(what: string): void {
    expectEqual(this.sequence.position, this.tokens.length, `position ${what}`);
  }

  /** An item of a batch that appends tokens; call {@link appended} when it has been evaluated. */
  item(tokens: readonly number[], rest: Partial<BatchItem> & { readonly want: Want }): BatchItem {
    return { sequence: this.sequence, tokens: Uint32Array.from(tokens), ...rest };
  }

  /** Notes that an item was evaluated. */
  appended(tokens: Iterable<number>): void {
    this.tokens.push(...tokens);
    this.expectPosition("after an evaluation");
  }

  truncate(position: number): void {
    this.sequence.doTruncate(position);
    this.tokens.length = position;
    this.expectPosition("after doTruncate");
  }

  async fork(): Promise<Track> {
    expectThat(this.sequence.doFork !== undefined, "capabilities.fork is true, but the sequence has no doFork");
    const child = new Track(this.session, await this.sequence.doFork(), this.tokens);
    child.expectPosition("of a fork");
    return child;
  }

  async #evaluate(tokens: readonly number[], want: Want): Promise<BatchResult> {
    const [result] = await this.session.evaluate([this.item(tokens, { want })]);
    this.appended(tokens);
    return result!;
  }

  #pieces(tokens: readonly number[]): number[][] {
    const size = Math.max(1, this.session.model.capabilities.maxBatchTokens);
    const count = Math.ceil(tokens.length / size);
    return Array.from({ length: count }, (_, index) => tokens.slice(index * size, (index + 1) * size));
  }
}
