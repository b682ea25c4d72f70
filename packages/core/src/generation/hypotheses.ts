import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Candidate, Drawn } from "./beam.ts";
import type { FinishReason } from "./generate.ts";
import type { GenerationSettings } from "./generation-options.ts";
import { TextStream } from "./text-stream.ts";

/** A finished candidate of a beam search. */
export interface Hypothesis {
  readonly tokens: readonly number[];
  readonly text: string;
  /** Sum of the log-probabilities of its tokens, an end token included, with bias, penalties and hook as they are. */
  readonly logprob: number;
  /** logprob / length ** lengthPenalty: what hypotheses are ranked by. */
  readonly score: number;
  readonly finishReason: FinishReason;
}

interface Finished {
  readonly tokens: readonly Drawn[];
  readonly logprob: number;
  readonly score: number;
  readonly finishReason: FinishReason;
}

/** The hypothesis that ends with a candidate, if it ends one: with a stop token, left out, or with a stop string. */
export function endOf(
  { beam, drawn }: Candidate,
  settings: GenerationSettings,
  tokenizer: Tokenizer,
): Pick<Finished, "tokens" | "finishReason"> | undefined {
  if (settings.stopTokens.includes(drawn.token)) {
    return { tokens: beam.tokens, finishReason: tokenizer.endTokens.has(drawn.token) ? "end" : "stop" };
  }
  if (settings.stop.length === 0) return undefined;
  const tokens = [...beam.tokens, drawn];
  const text = new TextStream(tokenizer, settings.stop);
  for (const token of tokens) text.push(token);
  return text.stopped ? { tokens, finishReason: "stop" } : undefined;
}

/** The best hypotheses that a search has finished, as many as it has beams. */
export class FinishedHypotheses {
  readonly #settings: GenerationSettings;
  #hypotheses: Finished[] = [];

  constructor(settings: GenerationSettings) {
    this.#settings = settings;
  }

  get all(): readonly Finished[] {
    return this.#hypotheses;
  }

  /** @param length tokens that count for the length penalty; an end token counts */
  add(tokens: readonly Drawn[], logprob: number, finishReason: FinishReason, length: number = tokens.length): void {
    const score = this.#score(logprob, length);
    this.#hypotheses.push({ tokens, logprob, score, finishReason });
    this.#hypotheses = this.ranked().slice(0, this.#settings.beams);
  }

  ranked(): readonly Finished[] {
    return [...this.#hypotheses].sort((a, b) => b.score - a.score);
  }

  /** Whether no live beam can still beat the worst finished one, judged by what may become of them. */
  cannotImprove(outlooks: readonly { readonly logprob: number; readonly length: number }[]): boolean {
    if (this.#hypotheses.length < this.#settings.beams) return false;
    if (this.#settings.earlyStopping) return true;
    const worst = this.ranked().at(-1)!.score;
    return outlooks.every(({ logprob, length }) => worst >= this.#score(logprob, length));
  }

  /** What callers see of them, best first. */
  describe(tokenizer: Tokenizer): Hypothesis[] {
    return this.ranked().map(({ tokens, logprob, score, finishReason }) => {
      const stream = new TextStream(tokenizer, this.#settings.stop);
      const pieces = [...tokens.flatMap((token) => stream.push(token)), ...stream.finish()];
      const text = pieces.map((piece) => piece.text).join("");
      return { tokens: tokens.map(({ token }) => token), text, logprob, score, finishReason };
    });
  }

  #score(logprob: number, length: number): number {
    return logprob / Math.max(1, length) ** this.#settings.lengthPenalty;
  }
}

/** How many tokens texts have in common at their beginning. */
export function commonLength(texts: readonly (readonly Drawn[])[]): number {
  const [first, ...others] = texts;
  let length = 0;
  while (
    length < first!.length &&
    others.every((other) => length < other.length && other[length]!.token === first![length]!.token)
  ) {
    length++;
  }
  return length;
}
