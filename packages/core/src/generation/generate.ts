import { BayLingError } from "../errors.ts";
import { sampleToken } from "../sampling/sampler.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ConstrainedChoice } from "./constraints/constrained-choice.ts";
import type { Guidance } from "./constraints/guidance.ts";
import type { GenerationSettings } from "./generation-options.ts";
import type { WritableSequence } from "./sequence.ts";
import { type GeneratedToken, TextStream } from "./text-stream.ts";
import { TokenScores } from "./token-scores.ts";

/**
 * Why a generation ended: the model's `end` token, a `stop` string or token of the caller (or constraints that let
 * nothing more come), the `length` that `maxTokens` allows, or a full `context`.
 */
export type FinishReason = "end" | "stop" | "length" | "context";

/** What a generation reports besides its tokens; grows while it runs. */
export interface GenerationProgress {
  finishReason: FinishReason | undefined;
  /** Tokens of the prompt that were in the KV cache already. */
  reusedTokens: number;
  /** Tokens drawn, an end token included. */
  generatedTokens: number;
}

export interface GenerationTask {
  readonly sequence: WritableSequence;
  readonly prompt: readonly number[];
  readonly settings: GenerationSettings;
  readonly tokenizer: Tokenizer;
  readonly progress: GenerationProgress;
}

/** Tokens are drawn on the device in runs about this long, in milliseconds: short enough to look like a stream. */
const runTime = 25;
const maxRunSteps = 16;

/** Generates token by token, by greedy choice or by sampling. The sequence ends up with what was delivered. */
export async function* generateTokens(task: GenerationTask): AsyncGenerator<GeneratedToken, void, undefined> {
  const { settings, tokenizer, progress } = task;
  const text = new TextStream(tokenizer, settings.stop);
  const choice = await createChoice(task);
  let pending: readonly number[] = beginPrompt(task);
  const drawer = new TokenDrawer(task, choice);
  try {
    while (progress.finishReason === undefined) {
      drawer.checkSequence();
      if (choice?.complete) {
        progress.finishReason = "stop";
        break;
      }
      const fitting = fitContext(task, pending);
      if (fitting === undefined) break;
      const drawn = await drawer.draw(fitting, settings.maxTokens - progress.generatedTokens);
      for (const token of drawn) {
        progress.generatedTokens++;
        if (settings.stopTokens.includes(token.token)) {
          progress.finishReason = tokenizer.endTokens.has(token.token) ? "end" : "stop";
          break;
        }
        drawer.accepted++;
        yield* text.push(token);
        if (text.stopped) progress.finishReason = "stop";
        else if (progress.generatedTokens >= settings.maxTokens) progress.finishReason = "length";
        if (progress.finishReason !== undefined) break;
      }
      pending = [drawn.at(-1)!.token];
    }
    yield* text.finish();
  } finally {
    drawer.forgetUndelivered();
  }
}

/** Constraints of a task, bound to its model; their code is loaded when there are some. */
export async function loadGuidance({ sequence, prompt, settings, tokenizer }: GenerationTask): Promise<Guidance> {
  const { createGuidance } = await import("./constraints/guidance.ts");
  return createGuidance(settings, tokenizer, sequence.contextLength - prompt.length);
}

async function createChoice(task: GenerationTask): Promise<ConstrainedChoice | undefined> {
  if (task.settings.constraints.length === 0) return undefined;
  const { ConstrainedChoice } = await import("./constraints/constrained-choice.ts");
  return new ConstrainedChoice(await loadGuidance(task), task.settings, task.tokenizer);
}

/** Truncates the sequence to what it shares with the prompt, and returns the tokens that are still to be evaluated. */
export function beginPrompt({ sequence, prompt, progress }: GenerationTask): readonly number[] {
  // The last token is evaluated in any case: its scores are what generation begins with.
  progress.reusedTokens = Math.min(sequence.commonPrefix(prompt), prompt.length - 1);
  sequence.truncate(progress.reusedTokens);
  return prompt.slice(progress.reusedTokens);
}

/** Draws tokens and knows which of them the sequence holds. */
class TokenDrawer {
  readonly #task: GenerationTask;
  readonly #choice: ConstrainedChoice | undefined;
  /** Position of the sequence before the tokens of the last draw. */
  #base: number;
  /** Position of the sequence when the last draw was done. */
  #end: number;
  /** How many tokens of the last draw were passed on. */
  accepted = 0;
  #steps = 1;

  constructor(task: GenerationTask, choice: ConstrainedChoice | undefined) {
    this.#task = task;
    this.#choice = choice;
    this.#base = task.prompt.length;
    this.#end = task.sequence.position;
  }

  /** @throws BayLingError `sequence-busy` when somebody else used the sequence between two draws */
  checkSequence(): void {
    if (this.#task.sequence.position === this.#end) return;
    throw new BayLingError("sequence-busy", {
      problem: "the sequence was changed while a generation writes on it",
      remedy: "Read the generation to its end, or fork the sequence",
    });
  }

  /** Evaluates `pending` and draws at least one token, at most `limit`. */
  async draw(pending: readonly number[], limit: number): Promise<readonly Omit<GeneratedToken, "text">[]> {
    const { sequence, settings, tokenizer } = this.#task;
    const { sampling: spec, stopTokens, signal } = settings;
    const start = sequence.position + pending.length;
    let drawn: Omit<GeneratedToken, "text">[];
    if (this.#choice !== undefined) {
      drawn = [await this.#choice.draw(sequence, pending, this.#generatedInContext(pending.length))];
    } else if (settings.logprobs === undefined && settings.processLogits === undefined) {
      const began = performance.now();
      const steps = Math.min(this.#steps, limit);
      const tokens = await sequence.sample(pending, { spec, steps, stopTokens, signal });
      if (pending.length === 1) this.#adapt((performance.now() - began) / tokens.length);
      drawn = Array.from(tokens, (token) => ({ token }));
    } else {
      const scores = await sequence.evaluate(pending, { want: "last", signal });
      const row = new TokenScores(scores, settings, sequence.tokens, this.#generatedInContext(0));
      const token = sampleToken(row.processed, spec, { position: sequence.position, history: sequence.tokens });
      drawn = [{ token, ...row.describe(token, settings, tokenizer) }];
    }
    this.#base = start;
    this.#end = sequence.position;
    this.accepted = 0;
    return drawn;
  }

  /** Cuts off what was drawn on the device but not delivered (a stop, a `break` of the caller). */
  forgetUndelivered(): void {
    const { sequence } = this.#task;
    const delivered = this.#base + this.accepted;
    if (!sequence.disposed && sequence.position === this.#end && this.#end > delivered) sequence.truncate(delivered);
  }

  /**
   * How many tokens at the end of the sequence are generated; a full context may have dropped some.
   * @param pending tokens that it is about to hold
   */
  #generatedInContext(pending: number): number {
    const { sequence, prompt, settings, progress } = this.#task;
    const { onContextFull } = settings;
    const kept = typeof onContextFull === "object" ? Math.min(onContextFull.keep, prompt.length) : prompt.length;
    return Math.min(progress.generatedTokens, sequence.position + pending - kept);
  }

  #adapt(millisecondsPerToken: number): void {
    this.#steps = Math.max(1, Math.min(maxRunSteps, Math.floor(runTime / millisecondsPerToken), this.#steps * 2));
  }
}

/**
 * Applies the strategy for a full context.
 * @returns the tokens to evaluate next, or `undefined` when generation ends here
 */
export function fitContext(
  { sequence, settings, progress }: GenerationTask,
  pending: readonly number[],
): readonly number[] | undefined {
  const { contextLength } = sequence;
  if (sequence.position + pending.length <= contextLength) return pending;
  const { onContextFull: strategy } = settings;
  if (strategy === "stop" && progress.generatedTokens > 0) {
    progress.finishReason = "context";
    return undefined;
  }
  if (typeof strategy === "object" && strategy.keep < contextLength - 1) {
    const tokens = [...sequence.tokens, ...pending];
    const tail = Math.ceil((contextLength - strategy.keep) / 2);
    sequence.truncate(Math.min(strategy.keep, sequence.position));
    return [...tokens.slice(sequence.position, strategy.keep), ...tokens.slice(-tail)];
  }
  throw new BayLingError("context-full", {
    problem: progress.generatedTokens === 0 ? "the prompt does not fit into the context" : "the context is full",
    expected: `at most ${contextLength} tokens`,
    received: `${sequence.position + pending.length}`,
    remedy: "Set maxTokens or onContextFull, or load the model with a larger contextLength",
  });
}
