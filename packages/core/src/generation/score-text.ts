import { logSoftmax } from "../sampling/log-softmax.ts";
import { bestTokens } from "../sampling/top-scores.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Sequence } from "./sequence.ts";
import { type TokenAlternative, tokenText } from "./text-stream.ts";

/** A token of a text that is there, as the model sees it. */
export interface ScoredToken {
  readonly token: number;
  /** Natural logarithm of its probability, given what stands before it. */
  readonly logprob: number;
  /** The most probable tokens at its place, best first. */
  readonly alternatives: readonly TokenAlternative[];
}

export interface ScoreTextOptions {
  /** How many alternatives; default 0. */
  readonly alternatives?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows of scores that are in memory at once. */
const rowsAtOnce = 32;

/**
 * How probable the tokens of a text are after a prompt, all evaluated together. The sequence holds both afterwards, but
 * for the last token.
 * @param prompt at least one token
 */
export async function scoreText(
  sequence: Sequence,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  text: readonly number[],
  { alternatives = 0, signal }: ScoreTextOptions = {},
): Promise<ScoredToken[]> {
  const all = [...prompt, ...text];
  const first = prompt.length - 1;
  const known = Math.min(sequence.commonPrefix(all), first);
  sequence.truncate(known);
  if (known < first) await sequence.evaluate(all.slice(known, first), { want: "none", signal });
  const scored: ScoredToken[] = [];
  for (let place = first; place < all.length - 1; place += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, all.length - 1 - place);
    const rows = await sequence.evaluate(all.slice(place, place + count), { want: "all", signal });
    const width = rows.length / count;
    for (let row = 0; row < count; row++) {
      const logprobs = logSoftmax(rows.slice(row * width, (row + 1) * width));
      const token = all[place + row + 1]!;
      scored.push({
        ...{ token, logprob: logprobs[token]! },
        alternatives: Array.from(bestTokens(logprobs, alternatives), (id) => ({
          ...{ token: id, text: tokenText(tokenizer, id, { special: true }), logprob: logprobs[id]! },
        })),
      });
    }
  }
  return scored;
}
