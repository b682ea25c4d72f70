import type { SentencePair } from "../bitext/sentence-pair.ts";
import type { TokenUse } from "./budget.ts";
import { isTaught, type TeachPlan, teachPair } from "./teach-pair.ts";
import { estimatePrompt, estimateTokens } from "./teacher.ts";

/** What teaching would come to, asked of nobody. */
export interface TeachingEstimate extends TokenUse {
  readonly pairs: number;
  readonly requests: number;
}

/**
 * Counts what a run would ask if every first reply were taken, about as long as the text that it is about. Refused replies
 * are asked for again and come on top: up to `attempts` times as much.
 */
export async function estimateTeaching(
  pairs: AsyncIterable<SentencePair> | Iterable<SentencePair>,
  plan: TeachPlan,
  signal?: AbortSignal,
): Promise<TeachingEstimate> {
  const total = { pairs: 0, requests: 0, promptTokens: 0, completionTokens: 0 };
  for await (const pair of pairs) {
    signal?.throwIfAborted();
    if (!isTaught(pair, plan)) continue;
    total.pairs++;
    const length = Math.max(estimateTokens(pair.source), estimateTokens(pair.target));
    // One attempt that cannot be read costs the dialogue nothing but its turn: what is asked next is of the same size.
    await teachPair(
      pair,
      { ...plan, attempts: 1, judge: undefined },
      {
        model: "",
        ask: async (request) => {
          const once = { promptTokens: estimatePrompt(request), completionTokens: length + 12 };
          total.requests++;
          total.promptTokens += once.promptTokens;
          total.completionTokens += once.completionTokens;
          if (plan.judge !== undefined) {
            total.requests++;
            total.promptTokens += once.promptTokens + length;
            total.completionTokens += 40;
          }
          return { key: "", text: "", ...once };
        },
      },
    );
  }
  return total;
}
