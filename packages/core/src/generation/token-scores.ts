import { invalidArgument } from "../check-argument.ts";
import { logSoftmax } from "../sampling/log-softmax.ts";
import { bestTokens } from "../sampling/top-scores.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { GenerationSettings } from "./generation-options.ts";
import { type TokenAlternative, tokenText } from "./text-stream.ts";

/** A row of scores that is looked at on the host: for log-probabilities and for hooks. */
export class TokenScores {
  /** Natural log-probabilities of the model itself, [vocabulary]. */
  readonly #original: Float32Array;
  /** The same after the hook. */
  readonly processed: Float32Array;

  /** @param scores as the backend returned them; taken over */
  constructor(
    scores: Float32Array,
    { processLogits, logprobs }: GenerationSettings,
    tokens: readonly number[],
    generated: number,
  ) {
    this.#original = logSoftmax(scores);
    if (processLogits === undefined) {
      this.processed = this.#original;
      return;
    }
    this.processed = logprobs === undefined ? this.#original : Float32Array.from(this.#original);
    const { length } = this.processed;
    checkDone(processLogits(this.processed, { tokens, generated }));
    if (this.processed.length !== length) {
      throw invalidArgument("processLogits", "the scores to be changed in place", "other scores");
    }
  }

  /** What is reported of a token that was chosen; nothing when nothing was asked for. */
  describe(
    token: number,
    { logprobs }: GenerationSettings,
    tokenizer: Tokenizer,
  ): { logprob?: number; alternatives?: TokenAlternative[] } {
    if (logprobs === undefined) return {};
    const logprob = this.#original[token]!;
    if (logprobs === 0) return { logprob };
    const alternatives = Array.from(bestTokens(this.#original, logprobs), (id) => ({
      token: id,
      text: tokenText(tokenizer, id, { special: true }),
      logprob: this.#original[id]!,
    }));
    return { logprob, alternatives };
  }
}

/** An `async` hook would change the scores after they were used, and end the process when it fails. */
function checkDone(result: unknown): void {
  if (typeof (result as Partial<Promise<unknown>> | null | undefined)?.then !== "function") return;
  (result as Promise<unknown>).then(undefined, () => {});
  throw invalidArgument("processLogits", "a function that is done when it returns", "a promise");
}
