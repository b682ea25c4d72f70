import {
  type BackendModel,
  type BackendSequence,
  type BatchItem,
  type BatchResult,
  BayLingError,
  type Capabilities,
} from "@bayling/core/backend";
import type { LlamaContext, LlamaModel } from "node-llama-cpp";
import { disposed, tooManySequences } from "../cuda-errors.ts";
import { ExclusiveAccess } from "../exclusive-access.ts";
import { abortable } from "./abortable.ts";
import { classFailure } from "./class-failure.ts";
import { ClassSequence } from "./class-sequence.ts";
import { type ClassItem, ItemAnswer } from "./item-answer.ts";
import { SequenceSlot } from "./sequence-slot.ts";

export interface ClassModelOptions {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly contextLength: number;
  readonly maxBatchTokens: number;
  readonly vocabularySize: number;
}

/** A model that llama.cpp runs through node-llama-cpp's classes: slower than its C API, and the same on every release. */
export class ClassModel implements BackendModel {
  readonly capabilities: Capabilities;
  readonly #options: ClassModelOptions;
  readonly #access = new ExclusiveAccess();
  readonly #slots: SequenceSlot[] = [];
  readonly #sequences = new Set<ClassSequence>();
  #disposed = false;

  constructor(options: ClassModelOptions) {
    this.#options = options;
    const { context, contextLength, maxBatchTokens } = options;
    this.capabilities = {
      // What is drawn needs no scores here when it is just the best; the best few come with all others only.
      ...{ fork: false, deviceSampling: true, masks: false, top: false, embeddings: false },
      ...{ maxSequences: context.totalSequences, maxBatchTokens, contextLength },
    };
  }

  async doCreateSequence(): Promise<BackendSequence> {
    this.#check();
    const sequence = new ClassSequence(this.#freeSlot(), () => this.#sequences.delete(sequence));
    this.#sequences.add(sequence);
    return sequence;
  }

  /**
   * llama.cpp cannot be stopped through the classes: after an abort it goes on to the end of the batch, which the next
   * call waits for, and takes back.
   */
  async doEvaluate(
    batch: readonly BatchItem[],
    { signal }: { readonly signal: AbortSignal | undefined },
  ): Promise<readonly BatchResult[]> {
    this.#check();
    const items = batch as readonly ClassItem[];
    for (const item of items) this.#checkItem(item);
    signal?.throwIfAborted();
    const answers = items.map((item) => new ItemAnswer(item));
    await abortable(
      this.#access.run(() => this.#answer(answers, signal)),
      signal,
    );
    // Only now: whatever came in between, every sequence is where it was.
    for (const { item, evaluated } of answers) item.sequence.append(evaluated);
    return answers.map(({ result }) => result);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const sequence of this.#sequences) sequence.dispose();
    const { context, model } = this.#options;
    await this.#access.run(async () => {
      await context.dispose();
      await model.dispose();
    });
  }

  async #answer(answers: readonly ItemAnswer[], signal: AbortSignal | undefined): Promise<void> {
    // llama.cpp computes sequences together when their numbers follow each other.
    let open = answers.toSorted((a, b) => a.item.sequence.slot.index - b.item.sequence.slot.index);
    try {
      for (const { item } of open) {
        signal?.throwIfAborted();
        await item.sequence.slot.align(item.sequence.tokens);
      }
      while (open.length > 0) {
        signal?.throwIfAborted();
        const outcomes = await Promise.allSettled(open.map((answer) => answer.evaluate()));
        for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
        open = open.filter(({ isOpen }) => isOpen);
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw classFailure(error);
    }
  }

  /** The lowest, so that sequences that live together lie together. */
  #freeSlot(): SequenceSlot {
    const taken = new Set([...this.#sequences].map(({ slot }) => slot));
    const free = this.#slots.find((slot) => !taken.has(slot));
    if (free !== undefined) return free;
    const { context, vocabularySize } = this.#options;
    const { maxSequences } = this.capabilities;
    if (this.#slots.length === maxSequences) {
      throw tooManySequences(maxSequences);
    }
    const slot = new SequenceSlot(context, this.#slots.length, vocabularySize);
    this.#slots.push(slot);
    return slot;
  }

  #checkItem({ sequence, tokens, sample }: ClassItem): void {
    sequence.check();
    const { contextLength } = this.capabilities;
    const end = sequence.position + tokens.length + (sample === undefined ? 0 : sample.steps - 1);
    if (end <= contextLength) return;
    // node-llama-cpp would forget the beginning and go on.
    throw new BayLingError("context-full", {
      source: "cuda",
      problem: "the tokens pass the end of the context",
      expected: `at most ${contextLength} positions`,
      received: `${end}`,
    });
  }

  #check(): void {
    if (this.#disposed) throw disposed("model");
  }
}
