import { logSoftmax } from "../sampling/log-softmax.ts";
import { bestTokens } from "../sampling/top-scores.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { GenerationSettings } from "./generation-options.ts";
import type { TokenAlternative } from "./text-stream.ts";

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
    processLogits(this.processed, { tokens, generated });
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
      text: textOf(tokenizer, id),
      logprob: this.#original[id]!,
    }));
    return { logprob, alternatives };
  }
}

function textOf(tokenizer: Tokenizer, token: number): string {
  const decoder = tokenizer.createDecoder({ special: true });
  return decoder.push(token) + decoder.flush();
}
