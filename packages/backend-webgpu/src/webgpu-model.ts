import {
  type BackendModel,
  type BackendSequence,
  type BatchItem,
  type BatchResult,
  BayLingError,
  type Capabilities,
} from "@bayling/core/backend";
import type { WebGpuItem } from "./run/batch-layout.ts";
import { BatchRunner } from "./run/batch-runner.ts";
import type { WebGpuEngine } from "./webgpu-engine.ts";
import { disposed } from "./webgpu-errors.ts";
import { type SequenceOwner, WebGpuSequence } from "./webgpu-sequence.ts";

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
    for (;;) {
      try {
        return await this.#evaluate(items, signal);
      } catch (error) {
        items.forEach(({ sequence }, index) => {
          if (sequence.position > before[index]!) sequence.doTruncate(before[index]!);
        });
        if (signal?.aborted || !(await this.#engine.context.gpu.wasLost())) throw error;
        await this.#recover(signal);
      }
    }
  }

  truncated(sequence: WebGpuSequence): void {
    if (!this.#disposed) this.#engine.sequences.truncate(sequence);
  }

  async fork(from: WebGpuSequence): Promise<WebGpuSequence> {
    const fork = this.#createSequence();
    fork.append(from.tokens);
    this.#engine.sequences.share(from, fork);
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

  /** A new device, the weights again, and every sequence evaluated again up to where it was. */
  async #recover(signal: AbortSignal | undefined): Promise<void> {
    this.#engine.context.dispose();
    this.#engine = await this.#source.reopen(signal);
    this.#runner = new BatchRunner(this.#engine);
    for (const sequence of this.#sequences) {
      sequence.pages = [];
      sequence.unwrittenPages = 0;
    }
    for (const sequence of this.#sequences) await this.#replay(sequence, signal);
  }

  async #replay(sequence: WebGpuSequence, signal: AbortSignal | undefined): Promise<void> {
    const tokens = sequence.tokens.slice();
    sequence.doTruncate(0);
    try {
      for (let first = 0; first < tokens.length; first += this.#source.maxBatchTokens) {
        const piece = tokens.slice(first, first + this.#source.maxBatchTokens);
        await this.#runOnce([{ sequence, tokens: piece, want: "none" }], signal);
      }
    } catch (error) {
      // What the sequence holds is known, though the GPU does not have it: the next evaluation tries again.
      sequence.append(tokens.subarray(sequence.position));
      throw error;
    }
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
