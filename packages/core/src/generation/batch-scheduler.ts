import type {
  BackendModel,
  BackendSequence,
  BatchItem,
  BatchResult,
  DeviceSampling,
  TokenMask,
  Want,
} from "../backend/backend.ts";
import { nextTurn } from "../backend/event-loop-break.ts";
import { BayLingError } from "../errors.ts";

/** Tokens to evaluate on one sequence, of any number: the scheduler cuts and batches. */
export interface ScheduledWork {
  readonly sequence: BackendSequence;
  readonly tokens: Uint32Array;
  readonly want: Want;
  readonly mask?: TokenMask | undefined;
  readonly sample?: DeviceSampling | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface PendingWork extends ScheduledWork {
  readonly startPosition: number;
  /** Results of the pieces so far, for `all` and `embedding`. */
  readonly pieces: Float32Array[];
  done: number;
  resolve(result: BatchResult): void;
  reject(reason: unknown): void;
}

/**
 * Runs work of many sequences in common batches (continuous batching): whoever asks while a batch runs joins the next
 * one. Single tokens go first, so a long prompt cannot hold up those that are writing; long prompts take turns.
 */
export class BatchScheduler {
  readonly #model: BackendModel;
  #queue: PendingWork[] = [];
  #running: Promise<void> | undefined;
  #evaluatedTokens = 0;
  readonly #closing = new AbortController();

  constructor(model: BackendModel) {
    this.#model = model;
  }

  /** Tokens evaluated since the model was loaded: what prefix reuse saves is not in it. */
  get evaluatedTokens(): number {
    return this.#evaluatedTokens;
  }

  /** Rejects with the signal's reason or a BayLingError; the sequence is then back where it was. */
  evaluate(work: ScheduledWork): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...work, startPosition: work.sequence.position, pieces: [], done: 0, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Rejects what runs and what waits with `reason`, and resolves when nothing runs any more. */
  async close(reason: BayLingError): Promise<void> {
    this.#closing.abort(reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    await undefined; // callers of the same tick (beams, parallel sequences) join one batch
    while (this.#queue.length > 0) {
      this.#queue = this.#queue.filter((work) => !this.#stop(work));
      const batch = this.#compose();
      if (batch.length > 0) await this.#execute(batch);
      // Whoever got a token asks for the next one after a few promises, as many as its reader has. Without waiting for all
      // of them, sequences that began apart would be evaluated apart for ever.
      if (batch.length > 1 || this.#queue.length > 0) await nextTurn();
    }
    this.#running = undefined;
  }

  /** Rejects work that is aborted; false for work that goes on. */
  #stop(work: PendingWork): boolean {
    const stopped = [work.signal, this.#closing.signal].find((signal) => signal?.aborted);
    if (stopped !== undefined) fail(work, stopped.reason);
    return stopped !== undefined;
  }

  /** Takes work and how many of its tokens to do now; at most `maxBatchTokens` in all. */
  #compose(): { work: PendingWork; count: number }[] {
    let budget = this.#model.capabilities.maxBatchTokens;
    const remaining = (work: PendingWork) => work.tokens.length - work.done;
    const batch: { work: PendingWork; count: number }[] = [];
    const take = (works: readonly PendingWork[]) => {
      for (const work of works) {
        const count = Math.min(remaining(work), budget);
        if (count === 0) return;
        batch.push({ work, count });
        budget -= count;
      }
    };
    take(this.#queue.filter((work) => remaining(work) === 1));
    take(this.#queue.filter((work) => remaining(work) > 1));
    const taken = new Set(batch.map(({ work }) => work));
    this.#queue = this.#queue.filter((work) => !taken.has(work));
    return batch;
  }

  async #execute(batch: readonly { work: PendingWork; count: number }[]): Promise<void> {
    const signals = batch.map(({ work }) => work.signal);
    const { signal, release } = commonSignal(signals, this.#closing.signal);
    let results: readonly BatchResult[];
    try {
      results = await this.#model.doEvaluate(
        batch.map(({ work, count }) => nextItem(work, count)),
        { signal },
      );
    } catch (error) {
      const open = batch.filter(({ work }) => !this.#stop(work));
      // What is wrong with one must not fail the others, and the backend put all back: each tries again alone.
      if (batch.length > 1) for (const one of open) await this.#execute([one]);
      else for (const { work } of open) fail(work, wrap(error));
      return;
    } finally {
      release();
    }
    const violation = findViolation(batch, results);
    if (violation !== undefined) {
      for (const { work } of batch) fail(work, violation);
      return;
    }
    batch.forEach(({ work, count }, index) => {
      this.#evaluatedTokens += count + Math.max(0, (results[index]!.sampled?.length ?? 1) - 1);
      work.done += count;
      if (this.#stop(work)) return;
      if (work.done < work.tokens.length) this.#requeue(work, results[index]!);
      else work.resolve(joinPieces(work, results[index]!));
    });
  }

  #requeue(work: PendingWork, result: BatchResult): void {
    const piece = result.scores ?? result.embedding;
    if (piece !== undefined) work.pieces.push(piece);
    this.#queue.push(work);
  }
}

/** The piece of work that this batch does; only the last piece of a prompt wants its result. */
function nextItem(work: PendingWork, count: number): BatchItem {
  const { sequence, want, mask, sample } = work;
  const tokens = work.tokens.subarray(work.done, work.done + count);
  const last = work.done + count === work.tokens.length;
  if (!last) return { sequence, tokens, want: want === "all" || want === "embedding" ? want : "none" };
  return { sequence, tokens, want, ...(mask && { mask }), ...(sample && { sample }) };
}

function joinPieces(work: PendingWork, result: BatchResult): BatchResult {
  if (work.pieces.length === 0) return result;
  const pieces = [...work.pieces, (result.scores ?? result.embedding)!];
  const joined = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return work.want === "all" ? { scores: joined } : { embedding: joined };
}

/** What is wrong with the results, if anything; a backend that miscounts must not write nonsense later. */
function findViolation(
  batch: readonly { work: PendingWork; count: number }[],
  results: readonly BatchResult[] | undefined,
): BayLingError | undefined {
  const violated = (expected: string, received: string) =>
    new BayLingError("backend-contract-violated", {
      field: "doEvaluate",
      problem: "the backend broke its contract",
      expected,
      received,
      remedy: "Run @bayling/backend-conformance on it",
    });
  if (results?.length !== batch.length) return violated(`${batch.length} results`, `${results?.length}`);
  for (const [index, { work, count }] of batch.entries()) {
    const field = wantedField(nextItem(work, count));
    const result = results[index];
    if (field !== undefined && result?.[field] === undefined) return violated(field, "a result without it");
    const drawn = result?.sampled?.length ?? 1;
    const position = work.startPosition + work.done + count + drawn - 1;
    if (work.sequence.position !== position) return violated(`position ${position}`, `${work.sequence.position}`);
  }
  return undefined;
}

/** The field of the result that an item asks for. */
function wantedField({ want, sample }: BatchItem): keyof BatchResult | undefined {
  if (sample !== undefined) return "sampled";
  if (typeof want === "object") return "top";
  if (want === "none") return undefined;
  return want === "embedding" ? want : "scores";
}

function fail(work: PendingWork, reason: unknown): void {
  try {
    if (work.sequence.position > work.startPosition) work.sequence.doTruncate(work.startPosition);
  } catch {
    // A backend that is lost cannot put anything back. The reason says more than this; the next call finds out.
  }
  work.reject(reason);
}

function wrap(error: unknown): BayLingError {
  if (BayLingError.isInstance(error)) return error;
  return new BayLingError("backend-failed", { problem: `the backend failed: ${String(error)}`, cause: error });
}

/**
 * A signal that fires when all of `signals` have, as one caller that gives up must not stop the others of the batch,
 * or when `closing` does.
 */
function commonSignal(
  signals: readonly (AbortSignal | undefined)[],
  closing: AbortSignal,
): { signal: AbortSignal; release: () => void } {
  const present = signals.filter((signal) => signal !== undefined);
  if (present.length < signals.length) return { signal: closing, release: () => {} };
  const controller = new AbortController();
  const check = () => {
    if (closing.aborted) controller.abort(closing.reason);
    else if (present.every((signal) => signal.aborted)) controller.abort(present[0]!.reason);
  };
  const sources = [closing, ...present];
  for (const source of sources) source.addEventListener("abort", check);
  return {
    signal: controller.signal,
    release: () => {
      for (const source of sources) source.removeEventListener("abort", check);
    },
  };
}
