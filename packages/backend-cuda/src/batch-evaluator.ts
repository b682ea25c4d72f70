import {
  applyMask,
  type BatchItem,
  type BatchResult,
  continueSampling,
  sampleToken,
  topScores,
} from "@bayling/core/backend";
import { wrapped } from "./cuda-errors.ts";
import type { CudaSequence } from "./cuda-sequence.ts";
import type { NativeContext } from "./library/native-context.ts";

/** What the evaluator needs of the model: its context, which may be another one when the KV cache has grown. */
export interface ContextHolder {
  readonly context: NativeContext;
  /** Makes room in the KV cache. @throws BayLingError `out-of-memory` */
  grow(): Promise<void>;
}

/** A row that somebody waits for. */
interface WantedRow {
  /** Which item of the batch. */
  readonly item: number;
  /** Which of the item's rows. */
  readonly row: number;
  /** The token's place in the native batch. */
  readonly at: number;
}

/** Evaluates items through llama.cpp: as few decodes as there is room for, and scores read where they lie. */
export class BatchEvaluator {
  readonly #holder: ContextHolder;

  constructor(holder: ContextHolder) {
    this.#holder = holder;
  }

  /** On rejection every sequence is back where it was. */
  async evaluate(batch: readonly BatchItem[], signal: AbortSignal | undefined): Promise<readonly BatchResult[]> {
    const before = batch.map(({ sequence }) => sequence.position);
    try {
      const results = await this.#evaluateOnce(batch, signal);
      await continueSampling(batch, results, (next) => this.#evaluateOnce(next, signal));
      return results;
    } catch (error) {
      batch.forEach((item, index) => {
        const sequence = item.sequence as CudaSequence;
        // What was aborted in the middle may lie beyond the position.
        if (!sequence.isDisposed) sequence.doTruncate(before[index]!);
      });
      throw error;
    }
  }

  async #evaluateOnce(batch: readonly BatchItem[], signal: AbortSignal | undefined): Promise<BatchResult[]> {
    const embeds = batch.some(({ want }) => want === "embedding");
    const answers = batch.map((item) => new Answer(item));
    let wanted: WantedRow[] = [];
    const flush = async () => {
      if (this.#holder.context.batch.length === 0) return;
      await this.#decode(embeds, signal);
      const { context } = this.#holder;
      for (const { item, row, at } of wanted) answers[item]!.take(context, row, at);
      context.batch.clear();
      wanted = [];
    };
    this.#holder.context.batch.clear();
    for (const [index, item] of batch.entries()) {
      const sequence = item.sequence as CudaSequence;
      sequence.check();
      const first = sequence.position;
      const firstRow = firstOutput(item);
      for (let at = 0; at < item.tokens.length; at++) {
        const hasOutput = embeds || at >= firstRow;
        if (this.#isFull(hasOutput)) await flush();
        const { batch: native } = this.#holder.context;
        const place = native.add(item.tokens[at]!, first + at, sequence.id, hasOutput);
        if (at >= firstRow) wanted.push({ item: index, row: at - firstRow, at: place });
      }
    }
    await flush();
    for (const { sequence, tokens } of batch) (sequence as CudaSequence).advance(tokens.length);
    return answers.map((answer) => answer.result());
  }

  #isFull(needsOutput: boolean): boolean {
    const { batch, options } = this.#holder.context;
    return batch.length === options.batchTokens || (needsOutput && batch.outputCount === options.outputs);
  }

  async #decode(embeds: boolean, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const { context } = this.#holder;
      let outcome: Awaited<ReturnType<NativeContext["decode"]>>;
      try {
        outcome = await context.decode(embeds, signal);
      } catch (error) {
        throw wrapped(error);
      }
      if (outcome === "done") return;
      if (outcome === "aborted") throw signal?.reason;
      await this.#holder.grow();
      this.#holder.context.batch.copyFrom(context.batch);
    }
  }
}

function firstOutput({ want, sample, tokens }: BatchItem): number {
  if (want === "all" || want === "embedding") return 0;
  return want === "none" && sample === undefined ? tokens.length : tokens.length - 1;
}

/** Collects what one item asked for. */
class Answer {
  readonly #item: BatchItem;
  #rows: Float32Array | undefined;
  #result: BatchResult = {};

  constructor(item: BatchItem) {
    this.#item = item;
  }

  /** Takes the row of the token at `at` of the native batch; C's memory is valid only now. */
  take(context: NativeContext, row: number, at: number): void {
    const { want, mask, sample, tokens, sequence } = this.#item;
    if (want === "embedding") {
      this.#copy(context.embedding(at), row, tokens.length);
      this.#result = { embedding: this.#rows };
      return;
    }
    const scores = context.scores(at);
    if (sample !== undefined) {
      const position = sequence.position + tokens.length;
      const drawn = sampleToken(scores, sample.spec, { position, history: sample.history, mask });
      this.#result = { sampled: Uint32Array.of(drawn) };
    } else if (typeof want === "object") {
      this.#result = { top: topScores(scores, want.top, want.ids, mask) };
    } else {
      this.#copy(scores, row, want === "all" ? tokens.length : 1);
      if (mask !== undefined && want === "last") applyMask(this.#rows!, mask);
      this.#result = { scores: this.#rows };
    }
  }

  result(): BatchResult {
    return this.#result;
  }

  #copy(from: Float32Array, row: number, rows: number): void {
    this.#rows ??= new Float32Array(rows * from.length);
    this.#rows.set(from, row * from.length);
  }
}
