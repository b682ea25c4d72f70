import {
  type BackendModel,
  type BackendSequence,
  type BatchItem,
  type BatchResult,
  BayLingError,
  type Capabilities,
} from "@bayling/core/backend";
import { wholePages } from "./cache/page-table.ts";
import type { WebGpuItem } from "./run/batch-layout.ts";
import { BatchRunner } from "./run/batch-runner.ts";
import type { WebGpuEngine } from "./webgpu-engine.ts";
import { disposed, lostAgain, wrapped } from "./webgpu-errors.ts";
import { type SequenceOwner, WebGpuSequence } from "./webgpu-sequence.ts";

/** A GPU that is lost at every attempt is broken, or the work is too much for it. */
export const maxLosses = 3;

/** What {@link WebGpuModel} needs to go on after its GPU was lost. */
export interface EngineSource {
  /** Opens an engine on a fresh device and uploads the weights again. */
  reopen(signal: AbortSignal | undefined): Promise<WebGpuEngine>;
  readonly maxBatchTokens: number;
  readonly contextLength: number;
}

/** A model on the GPU: sequences and batches. When the GPU is lost, it is brought back to where it was. */
export class WebGpuModel implements BackendModel, SequenceOwner {
  readonly capabilities: Capabilities;
  readonly #source: EngineSource;
  #engine: WebGpuEngine;
  #runner: BatchRunner;
  readonly #sequences = new Set<WebGpuSequence>();
  #disposed = false;

  constructor(engine: WebGpuEngine, source: EngineSource) {
    this.#engine = engine;
    this.#runner = new BatchRunner(engine);
    this.#source = source;
    this.capabilities = {
      ...{ fork: true, deviceSampling: true, masks: true, top: true, embeddings: true },
      ...{ maxSequences: engine.maxSequences, maxBatchTokens: source.maxBatchTokens },
      contextLength: source.contextLength,
    };
  }

  async doCreateSequence(): Promise<BackendSequence> {
    return this.#createSequence();
  }

  async doEvaluate(
    batch: readonly BatchItem[],
    { signal }: { readonly signal: AbortSignal | undefined },
  ): Promise<readonly BatchResult[]> {
    this.#check();
    const items = batch as readonly WebGpuItem[];
    for (const { sequence } of items) sequence.check();
    signal?.throwIfAborted();
    const before = items.map(({ sequence }) => sequence.position);
    for (let losses = 1; ; losses++) {
      if (this.#engine.context.gpu.isLost) await this.#reopen(signal);
      const { gpu } = this.#engine.context;
      try {
        for (const { sequence } of items) await this.#restoreCache(sequence, signal);
        return await this.#evaluate(items, signal);
      } catch (error) {
        for (const [index, { sequence }] of items.entries()) sequence.doTruncate(before[index]!);
        if (signal?.aborted) throw signal.reason;
        if (!(await gpu.wasLost())) throw wrapped(error);
        if (losses === maxLosses) throw lostAgain(losses, error);
      }
    }
  }

  truncated(sequence: WebGpuSequence): void {
    if (!this.#disposed) this.#engine.sequences.truncate(sequence);
  }

  async fork(from: WebGpuSequence): Promise<WebGpuSequence> {
    const fork = this.#createSequence();
    fork.append(from.tokens);
    this.#engine.sequences.share(from, fork, from.cached);
    return fork;
  }

  disposed(sequence: WebGpuSequence): void {
    this.#sequences.delete(sequence);
    if (!this.#disposed) this.#engine.sequences.release(sequence);
  }

  dispose(): Promise<void> {
    this.#disposed = true;
    for (const sequence of [...this.#sequences]) sequence.dispose();
    this.#engine.context.dispose();
    return Promise.resolve();
  }

  /** Runs a batch, and goes on drawing for items that want more tokens than one run draws or than the others want. */
  async #evaluate(batch: readonly WebGpuItem[], signal: AbortSignal | undefined): Promise<BatchResult[]> {
    const results = await this.#runOnce(batch, signal);
    for (;;) {
      const open = batch.flatMap((item, index) => {
        const drawn = results[index]!.sampled;
        if (item.sample === undefined || drawn === undefined) return [];
        const { steps, stopTokens } = item.sample;
        return drawn.length < steps && !stopTokens.includes(drawn.at(-1)!) ? [{ item, index, drawn }] : [];
      });
      if (open.length === 0) return results;
      const more = await this.#runOnce(
        open.map(({ item, drawn }) => {
          const sample = item.sample!;
          const history = concatenate(sample.history, drawn);
          return {
            ...item,
            tokens: drawn.slice(-1),
            sample: { ...sample, history, steps: sample.steps - drawn.length },
          };
        }),
        signal,
      );
      open.forEach(({ index, drawn }, i) => {
        results[index] = { sampled: concatenate(drawn, more[i]!.sampled!) };
      });
    }
  }

  async #runOnce(batch: readonly WebGpuItem[], signal: AbortSignal | undefined): Promise<BatchResult[]> {
    const results = await this.#runner.run(batch, signal);
    batch.forEach(({ sequence, tokens }, index) => {
      sequence.append(tokens);
      const drawn = results[index]!.sampled;
      if (drawn !== undefined) sequence.append(drawn.subarray(0, -1));
      this.#engine.sequences.truncate(sequence); // pages for steps that were not made
    });
    return results;
  }

  #createSequence(): WebGpuSequence {
    this.#check();
    const { maxSequences } = this.capabilities;
    const taken = new Set([...this.#sequences].map(({ index }) => index));
    const index = Array.from({ length: maxSequences }, (_, each) => each).find((each) => !taken.has(each));
    if (index === undefined) {
      throw new BayLingError("sequence-limit", {
        source: "webgpu",
        problem: "no more sequences can be alive at once",
        expected: `at most ${maxSequences}`,
        remedy: "Dispose one, or load the model with a larger maxSequences",
      });
    }
    const sequence = new WebGpuSequence(this, index);
    this.#sequences.add(sequence);
    return sequence;
  }

  /** A new device, and the weights again. Sequences have nothing cached then. */
  async #reopen(signal: AbortSignal | undefined): Promise<void> {
    this.#engine.context.dispose();
    const engine = await this.#source.reopen(signal);
    if (this.#disposed) engine.context.dispose();
    this.#check();
    this.#engine = engine;
    this.#runner = new BatchRunner(engine);
    for (const sequence of this.#sequences) sequence.forgetCache();
  }

  /** Evaluates again what the cache does not have of a sequence, but for what it has of another with the same beginning. */
  async #restoreCache(sequence: WebGpuSequence, signal: AbortSignal | undefined): Promise<void> {
    if (sequence.cached === sequence.position) return;
    if (sequence.cached === 0) this.#sharePrefix(sequence);
    while (sequence.cached < sequence.position) {
      const tokens = sequence.tokens.slice(sequence.cached, sequence.cached + this.#source.maxBatchTokens);
      await this.#runner.run([{ sequence, tokens, want: "none" }], signal);
      sequence.cached += tokens.length;
    }
  }

  /** Whole pages, so that none has to be copied: forks take no more room than before the loss. */
  #sharePrefix(sequence: WebGpuSequence): void {
    let longest = 0;
    let holder: WebGpuSequence | undefined;
    for (const other of this.#sequences) {
      const length = wholePages(commonPrefix(other.tokens.subarray(0, other.cached), sequence.tokens));
      if (length > longest) [longest, holder] = [length, other];
    }
    if (holder !== undefined) this.#engine.sequences.share(holder, sequence, longest);
  }

  #check(): void {
    if (this.#disposed) throw disposed("model");
  }
}

function concatenate(left: Uint32Array, right: Uint32Array): Uint32Array {
  const joined = new Uint32Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

function commonPrefix(left: Uint32Array, right: Uint32Array): number {
  const end = Math.min(left.length, right.length);
  let length = 0;
  while (length < end && left[length] === right[length]) length++;
  return length;
}
