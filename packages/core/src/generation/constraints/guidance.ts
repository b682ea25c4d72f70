import { BayLingError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { GenerationSettings } from "../generation-options.ts";
import { ConstraintSet } from "./constraint-set.ts";

/** Constraints bound to a model, and the number of tokens in which they have to be met. */
export interface Guidance {
  readonly set: ConstraintSet;
  /** Tokens that can be generated at all; Infinity where only the model ends a text. */
  readonly budget: number;
}

/**
 * Binds the constraints of a generation.
 * @param room tokens that the context has left after the prompt
 * @throws BayLingError `constraint-unsatisfiable` when they contradict each other, `argument-invalid` when `maxTokens`
 * and `context-full` when the context cannot hold what they ask for
 */
export function createGuidance(settings: GenerationSettings, tokenizer: Tokenizer, room: number): Guidance {
  const { constraints, sampling, stopTokens, maxTokens, onContextFull } = settings;
  const excluded = new Set([...sampling.logitBias].filter(([, bias]) => bias === -Infinity).map(([token]) => token));
  const set = new ConstraintSet(constraints, { ...settings, tokenizer, stopTokens, excluded });
  // The last token is never evaluated.
  const budget = Math.min(maxTokens, typeof onContextFull === "object" ? Infinity : room + 1);
  const needed = set.check();
  if (needed <= budget) return { set, budget };
  const tooLong = maxTokens < needed;
  throw new BayLingError(tooLong ? "argument-invalid" : "context-full", {
    ...(tooLong && { field: "maxTokens" }),
    problem: tooLong
      ? "the constraints ask for more than maxTokens can hold"
      : "the constraints ask for more than the context has room for",
    expected: `at least ${needed} tokens`,
    received: String(budget),
    remedy: tooLong
      ? "Set a larger maxTokens, or require less"
      : "Shorten the prompt, require less, or load the model with a larger contextLength",
  });
}
