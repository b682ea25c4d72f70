/**
 * A complete backend that computes in float64 and makes one mistake on purpose, or none. A sequence is the list of its
 * tokens; every evaluation computes all of them anew. Only the suite's own tests use it.
 */
import {
  type Backend,
  type BackendModel,
  type BackendSequence,
  type BatchItem,
  type BatchResult,
  BayLingError,
  type Capabilities,
  dequantize,
  type LoadedModel,
  type LoadOptions,
  sampleToken,
  type TensorType,
  type TopScores,
} from "@bayling/core/backend";
import { logSoftmax } from "../compare.ts";
import { ReferenceModel } from "../reference/reference-model.ts";
import { brokenGraph, type Fault } from "./fault.ts";

export function faultyBackend(fault?: Fault, weightTypes?: readonly TensorType[]): Backend {
  const shared = new Map<string, Float64Array>();
  return {
    specificationVersion: "v1",
    id: fault === "has an id in capitals" ? "Faulty" : "faulty",
    probe: async () => ({
      available: true,
      devices: [{ name: fault === "has no name for its device" ? "" : "float64" }],
    }),
    async doLoad(model: LoadedModel, options: LoadOptions): Promise<BackendModel> {
      if (fault !== "loads although aborted") options.signal?.throwIfAborted();
      const weights = fault === "models share weights" ? shared : new Map<string, Float64Array>();
      const totalBytes = model.graph.weights.reduce((sum, { name }) => sum + model.weights.get(name).byteLength, 0);
      let loadedBytes = 0;
      for (const { name, shape } of model.graph.weights) {
        const { type, byteLength } = model.weights.get(name);
        if (weightTypes?.includes(type) === false && shape.length === 2 && fault !== "takes every weight type") {
          throw new BayLingError("tensor-type-not-supported", { problem: "no", field: name, received: type });
        }
        const bytes = await model.weights.read(name, 0, byteLength).catch((error: unknown) => {
          throw fault === "hides what a source says" ? new Error("loading failed") : error;
        });
        if (fault === "hides the reason of an abort" && options.signal?.aborted) throw new Error("aborted");
        if (fault !== "loads although aborted") options.signal?.throwIfAborted();
        weights.set(name, Float64Array.from(dequantize(type, bytes, shape[0] * (shape[1] ?? 1))));
        loadedBytes += fault === "progress stops short" ? byteLength - 1 : byteLength;
        options.onProgress({
          loadedBytes: fault === "progress falls" ? totalBytes - loadedBytes : loadedBytes,
          totalBytes,
        });
      }
      if (fault === "progress falls") options.onProgress({ loadedBytes: totalBytes, totalBytes });
      if (fault === "reads a tensor that is not in the graph")
        await model.weights.read("lm_head.bias", 0, 0).catch(() => {});
      return new FaultyModel(new ReferenceModel(brokenGraph(model.graph, fault), weights), options, fault);
    },
  };
}

class FaultyModel implements BackendModel {
  readonly capabilities: Capabilities;
  readonly reference: ReferenceModel;
  readonly fault: Fault | undefined;
  readonly alive: Set<FaultySequence> = new Set();
  disposed = false;
  /** What evaluations have gone by, for faults that depend on it. */
  #calls = 0;
  #lastMask: Uint32Array | undefined;
  readonly #row: Float32Array;

  constructor(reference: ReferenceModel, { contextLength, maxSequences }: LoadOptions, fault: Fault | undefined) {
    this.reference = reference;
    this.fault = fault;
    this.#row = new Float32Array(reference.graph.config.vocabularySize);
    this.capabilities = {
      fork: fault !== "has doFork undeclared",
      deviceSampling: true,
      masks: true,
      top: fault === "declares no flag for top" ? (undefined as unknown as boolean) : true,
      embeddings: true,
      maxSequences,
      maxBatchTokens: 64,
      contextLength: fault === "grants more positions than asked" ? contextLength + 1 : contextLength,
    };
  }

  async doCreateSequence(): Promise<BackendSequence> {
    return this.create(this.fault === "starts at position 1" ? [0] : []);
  }

  create(tokens: number[]): FaultySequence {
    if (this.alive.size >= this.capabilities.maxSequences && this.fault !== "limits nothing") {
      throw new BayLingError("sequence-limit", { problem: "too many sequences" });
    }
    const sequence = new FaultySequence(this, tokens);
    this.alive.add(sequence);
    return sequence;
  }

  async doEvaluate(
    batch: readonly BatchItem[],
    { signal }: { readonly signal: AbortSignal | undefined },
  ): Promise<readonly BatchResult[]> {
    const { fault } = this;
    this.#calls++;
    const before = batch.map(({ sequence }) => [...(sequence as FaultySequence).tokens]);
    let current = 0;
    try {
      if (fault !== "ignores an aborted signal" && !fault?.includes("after an abort")) signal?.throwIfAborted();
      const results: BatchResult[] = [];
      for (const [index, item] of batch.entries()) {
        current = index;
        const sequence = item.sequence as FaultySequence;
        const count = item.tokens.length;
        if (fault === "forgets the chunk before" && count > 1) sequence.tokens.fill(0);
        const full = sequence.position + count === this.capabilities.contextLength;
        if (fault === "loses the last position" && full) sequence.tokens.splice(-1, 1, 0);
        if (fault === "loses tokens of full batches" && count === this.capabilities.maxBatchTokens)
          sequence.tokens.push(0);
        if (fault === "keeps the caller's tokens") sequence.borrowed = item.tokens;
        else sequence.tokens.push(...item.tokens);
        if (fault === "items see each other" && item !== batch[0]) {
          sequence.tokens[sequence.tokens.length - 1] = batch[0]!.tokens.at(-1)!;
        }
        results.push(this.#answer(item, sequence, batch));
        if (fault === "keeps the caller's tokens") sequence.settle();
        if (fault === "writes into the caller's tokens") item.tokens.fill(1);
        if (signal) await new Promise((resolve) => setTimeout(resolve, 1));
        if (fault !== "ignores an aborted signal") signal?.throwIfAborted();
      }
      if (fault === "aborts after the call") signal?.addEventListener("abort", () => this.#truncateAll(batch));
      if (fault === "results swap places") results.reverse();
      if (fault === "keeps its result as the cache") this.#lastResult = results[0]?.scores;
      return results;
    } catch (error) {
      batch.forEach(({ sequence }, index) => {
        if (fault === "position stays after an abort") return;
        if (fault === "one position stays after an abort" && index === 0) return;
        if (fault === "keeps the items before the aborted one" && index < current) return;
        (sequence as FaultySequence).tokens = before[index]!;
      });
      throw error;
    }
  }

  #lastResult: Float32Array | undefined;

  #truncateAll(batch: readonly BatchItem[]): void {
    for (const { sequence } of batch) sequence.doTruncate(0);
  }

  #answer(item: BatchItem, sequence: FaultySequence, batch: readonly BatchItem[]): BatchResult {
    const { fault } = this;
    const count = item.tokens.length;
    const tokens = [...sequence.tokens, ...(sequence.borrowed ?? [])];
    const { scores, hidden } = this.reference.evaluate(tokens);
    const last = scores.at(-1)!;
    if (item.sample) return { sampled: this.#sample(item, sequence) };
    if (item.want === "none") return fault === "none returns scores" ? { scores: Float32Array.from(last) } : {};
    if (item.want === "all") {
      const rows = scores.slice(fault === "all returns one row" ? -1 : -count);
      return { scores: Float32Array.from(rows.flatMap((row) => [...row])) };
    }
    if (item.want === "embedding") {
      const factor = fault === "embeddings before the norm" ? 1.5 : 1;
      const rows = hidden.slice(-count).flatMap((row) => [...row]);
      return { embedding: Float32Array.from(rows, (value, index) => (index % 2 ? value * factor : value)) };
    }
    let { mask } = item;
    if (fault === "ignores masks") mask = undefined;
    if (fault === "takes the first mask for all") mask = batch[0]!.mask;
    if (fault === "mask sticks") {
      mask ??= this.#lastMask;
      this.#lastMask = mask;
    }
    const isOpen = (id: number) => {
      if (mask === undefined) return true;
      if (fault === "masks bit 31 wrongly" && id % 32 === 31) return false;
      return ((mask[id >>> 5]! >>> (id & 31)) & 1) === 1;
    };
    if (item.want !== "last") return { top: this.#top(last, item.want.top, item.want.ids ?? [], isOpen) };
    const row = fault === "last returns the first row" ? scores.at(-count)! : last;
    const closed = fault === "masks with a large number" ? -1e9 : -Infinity;
    const noise = fault === "jitters" ? this.#calls * 1e-6 : 0;
    const poison = fault === "keeps its result as the cache" && this.#lastResult?.some(Number.isNaN) ? Number.NaN : 0;
    const output = fault === "reuses its result array" ? this.#row : new Float32Array(row.length);
    row.forEach((score, id) => {
      output[id] = isOpen(id) ? score * (1 + noise) + poison : closed;
    });
    return { scores: output };
  }

  #top(scores: Float64Array, count: number, selected: readonly number[], isOpen: (id: number) => boolean): TopScores {
    const { fault } = this;
    const whole =
      fault === "mask changes log-probabilities" ? scores.map((s, id) => (isOpen(id) ? s : -Infinity)) : scores;
    const row = fault === "top gives scores instead of log-probabilities" ? scores : logSoftmax(whole);
    const ids = [...row.keys()]
      .filter(isOpen)
      .sort((a, b) => row[b]! - row[a]!)
      .slice(0, count);
    if (fault === "top is not sorted") ids.reverse();
    return {
      ids: Uint32Array.from(ids),
      logProbabilities: Float32Array.from(ids, (id) => row[id]!),
      selected: Float32Array.from(
        fault === "ignores the ids of top" ? selected.map(() => 0) : selected,
        (id) => row[id]!,
      ),
    };
  }

  #sample(item: BatchItem, sequence: FaultySequence): Uint32Array {
    const { fault } = this;
    const { steps, stopTokens, history, spec } = item.sample!;
    const drawn: number[] = [];
    const count = fault === "samples one step too many" ? steps + 1 : steps;
    while (drawn.length < count) {
      const last = drawn.at(-1);
      if (last !== undefined) {
        if (stopTokens.includes(last) && fault !== "ignores stop tokens") break;
        sequence.tokens.push(last);
      }
      const token = sampleToken(
        Float32Array.from(this.reference.last(sequence.tokens)),
        fault === "ignores the seed" ? { ...spec, seed: 0 } : spec,
        {
          position: fault === "samples without the position" ? 0 : sequence.position,
          history: fault === "samples without the history" ? [] : [...history, ...drawn],
          mask: fault === "ignores masks" ? undefined : item.mask,
        },
      );
      drawn.push(token);
    }
    if (fault === "keeps the last drawn token") sequence.tokens.push(drawn.at(-1)!);
    return Uint32Array.from(drawn);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

class FaultySequence implements BackendSequence {
  readonly #model: FaultyModel;
  readonly #children: FaultySequence[] = [];
  tokens: number[];
  /** Tokens that still lie in the caller's array. */
  borrowed: Uint32Array | undefined;
  doFork?: () => Promise<BackendSequence>;
  #disposed = false;

  constructor(model: FaultyModel, tokens: number[]) {
    this.#model = model;
    this.tokens = tokens;
    if (model.fault !== "declares fork without doFork") this.doFork = async () => this.#fork();
  }

  get position(): number {
    return this.tokens.length;
  }

  /** The fault: what was borrowed is noted by reference, so a later change of the caller's array changes the past. */
  settle(): void {
    const { borrowed } = this;
    if (borrowed === undefined) return;
    const start = this.tokens.length;
    this.tokens.push(...borrowed);
    this.borrowed = undefined;
    for (let index = 0; index < borrowed.length; index++) {
      Object.defineProperty(this.tokens, start + index, {
        get: () => borrowed[index],
        configurable: true,
        enumerable: true,
      });
    }
  }

  doTruncate(position: number): void {
    const { fault, alive } = this.#model;
    if (fault === "truncates nothing") {
      const kept = this.tokens[0] ?? 0;
      this.tokens = Array.from({ length: position }, () => kept);
    } else if (fault === "truncates one short" && position > 0 && position < this.tokens.length) {
      this.tokens = [...this.tokens.slice(0, position - 1), this.tokens[position]!];
    } else if (fault === "truncates every sequence") {
      for (const sequence of alive) sequence.tokens.length = Math.min(sequence.tokens.length, position);
    } else {
      this.tokens = this.tokens.slice(0, position);
    }
  }

  #fork(): FaultySequence {
    const { fault } = this.#model;
    const tokens = fault === "fork shares the cache" ? this.tokens : [...this.tokens];
    if (fault === "fork forgets the last token" && tokens.length > 0) tokens[tokens.length - 1] = 0;
    const child =
      fault === "fork is not counted" ? new FaultySequence(this.#model, tokens) : this.#model.create(tokens);
    this.#children.push(child);
    return child;
  }

  dispose(): void {
    const { fault, alive } = this.#model;
    if (fault === "sequences die with an error" && this.#model.disposed) throw new Error("already freed");
    if (this.#disposed && fault === "disposes twice") throw new Error("freed twice");
    this.#disposed = true;
    if (fault !== "never frees a place") alive.delete(this);
    if (fault === "fork dies with its parent") for (const child of this.#children) child.tokens.fill(0);
  }
}
