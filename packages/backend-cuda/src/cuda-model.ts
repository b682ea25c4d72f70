import type { BackendModel, BackendSequence, BatchItem, BatchResult, Capabilities } from "@bayling/core/backend";
import { BatchEvaluator, type ContextHolder } from "./batch-evaluator.ts";
import { disposed, outOfMemory, tooManySequences } from "./cuda-errors.ts";
import { CudaSequence, type SequenceOwner } from "./cuda-sequence.ts";
import { ExclusiveAccess } from "./exclusive-access.ts";
import type { NativeContext } from "./library/native-context.ts";
import type { NativeModel } from "./library/native-model.ts";

export interface CudaModelOptions {
  readonly model: NativeModel;
  readonly context: NativeContext;
  /** Opens a context like the first with a KV cache of this many positions; undefined when there is no memory for it. */
  openContext(positions: number): Promise<NativeContext | undefined>;
  /** How far the KV cache may grow. */
  readonly mostPositions: number;
  /** Bytes of the KV cache for one position. */
  readonly positionBytes: number;
  readonly contextLength: number;
  readonly maxSequences: number;
}

/** A model that llama.cpp runs, through its C API. */
export class CudaModel implements BackendModel, ContextHolder, SequenceOwner {
  readonly capabilities: Capabilities;
  readonly #options: CudaModelOptions;
  readonly #access = new ExclusiveAccess();
  readonly #evaluator: BatchEvaluator;
  readonly #freeIds: number[];
  #context: NativeContext;
  #disposed = false;

  constructor(options: CudaModelOptions) {
    const { context, contextLength, maxSequences } = options;
    this.#options = options;
    this.#context = context;
    this.#evaluator = new BatchEvaluator(this);
    // The lowest id is taken first: the same calls on a fresh model then meet the same cells.
    this.#freeIds = Array.from({ length: maxSequences }, (_, index) => maxSequences - 1 - index);
    this.capabilities = {
      ...{ fork: true, deviceSampling: true, masks: true, top: true, embeddings: true },
      ...{ maxSequences, contextLength, maxBatchTokens: Math.min(context.options.batchTokens, contextLength) },
    };
  }

  get context(): NativeContext {
    return this.#context;
  }

  async doCreateSequence(): Promise<BackendSequence> {
    this.#check();
    // What is disposed of while a batch runs is free after it.
    return this.#access.run(async () => this.#createSequence(0));
  }

  async doEvaluate(
    batch: readonly BatchItem[],
    { signal }: { readonly signal: AbortSignal | undefined },
  ): Promise<readonly BatchResult[]> {
    this.#check();
    return this.#access.run(() => this.#evaluator.evaluate(batch, signal));
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#access.run(async () => {
      await this.#context.dispose();
      await this.#options.model.dispose();
    });
  }

  /** Replaces the context by one that holds twice as many positions. */
  async grow(): Promise<void> {
    const { mostPositions, openContext, positionBytes } = this.#options;
    const { positions } = this.#context.options;
    const wanted = Math.min(2 * positions, mostPositions);
    const larger = wanted > positions ? await openContext(wanted) : undefined;
    if (larger === undefined) {
      const room = `${positions} positions of all sequences together`;
      throw outOfMemory("KV cache", Math.max(wanted, positions + 1) * positionBytes, room);
    }
    try {
      await this.#context.copyTo(larger);
    } catch (error) {
      await larger.dispose();
      throw error;
    }
    await this.#context.dispose();
    this.#context = larger;
  }

  truncate({ id, position }: CudaSequence): void {
    this.#post(() => this.#context.truncate(id, position));
  }

  async fork(parent: CudaSequence): Promise<CudaSequence> {
    this.#check();
    return this.#access.run(async () => {
      parent.check();
      const child = this.#createSequence(parent.position);
      this.#context.fork(parent.id, child.id);
      return child;
    });
  }

  release({ id }: CudaSequence): void {
    this.#post(() => {
      this.#context.truncate(id, 0);
      this.#freeIds.push(id);
      this.#freeIds.sort((a, b) => b - a);
    });
  }

  #post(work: () => void): void {
    this.#access.post(() => {
      if (!this.#disposed) work();
    });
  }

  #createSequence(position: number): CudaSequence {
    const id = this.#freeIds.pop();
    if (id !== undefined) return new CudaSequence(this, id, position);
    throw tooManySequences(this.capabilities.maxSequences);
  }

  #check(): void {
    if (this.#disposed) throw disposed("model");
  }
}
