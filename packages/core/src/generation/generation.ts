import { BayLingError } from "../errors.ts";
import type { Hypothesis } from "./beam-search.ts";
import type { FinishReason, GenerationProgress } from "./generate.ts";
import type { GeneratedToken } from "./text-stream.ts";

export interface GenerationUsage {
  readonly promptTokens: number;
  /** Tokens of the prompt that did not have to be evaluated again. */
  readonly reusedTokens: number;
  /** Tokens that the model chose, an end token included. */
  readonly generatedTokens: number;
}

/** What a generation is made from; see {@link Generation}. */
export interface GenerationRun {
  readonly promptTokens: number;
  readonly progress: GenerationProgress;
  readonly hypotheses: () => readonly Hypothesis[];
  readonly tokens: () => AsyncGenerator<GeneratedToken, void, undefined>;
}

/**
 * A text that is being written. Iterate it for tokens as they come (nothing is computed ahead of a slow reader but a
 * few tokens), or await {@link text} for all of it. Nothing runs before one of the two.
 */
export class Generation implements AsyncIterable<GeneratedToken> {
  readonly #run: GenerationRun;
  #started = false;

  /** @internal Made by `model.generate()`. */
  constructor(run: GenerationRun) {
    this.#run = run;
  }

  /** Why it ended; `undefined` while it runs and after an error. */
  get finishReason(): FinishReason | undefined {
    return this.#run.progress.finishReason;
  }

  get usage(): GenerationUsage {
    const { reusedTokens, generatedTokens } = this.#run.progress;
    return { promptTokens: this.#run.promptTokens, reusedTokens, generatedTokens };
  }

  /** The finished hypotheses of a beam search, best first; empty before the end and without beams. */
  get hypotheses(): readonly Hypothesis[] {
    return this.#run.hypotheses();
  }

  /** @throws BayLingError `argument-invalid` the second time */
  [Symbol.asyncIterator](): AsyncGenerator<GeneratedToken, void, undefined> {
    if (this.#started) {
      throw new BayLingError("argument-invalid", {
        problem: "a generation can be read once",
        remedy: "Keep what you read, or call generate again",
      });
    }
    this.#started = true;
    return this.#run.tokens();
  }

  /** Reads to the end and returns the whole text. @throws as the iteration */
  async text(): Promise<string> {
    let text = "";
    for await (const token of this) text += token.text;
    return text;
  }
}
