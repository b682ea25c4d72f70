import { checkFaithful, createState, type StateVerdict } from "@bayling/core/interaction";
import type { SentencePair } from "../sentence-pair.ts";

/** What can be decided here without a detector has filters of its own. */
const detectLanguage = () => undefined;

const verdicts = new WeakMap<SentencePair, readonly StateVerdict[]>();

/**
 * Why one of core's checks of translations fails, by its rule; undefined where it passes or does not know. The checks are
 * those that judge replies of models.
 */
export function faithfulnessFailure(pair: SentencePair, rule: "numbers" | "spans"): string | undefined {
  let found = verdicts.get(pair);
  if (found === undefined) {
    const state = createState(pair.sourceLanguage, pair.targetLanguage, pair.source);
    found = checkFaithful(pair.target, state, { detectLanguage });
    verdicts.set(pair, found);
  }
  const verdict = found.find((one) => one.rule === rule)?.verdict;
  return verdict?.outcome === "fail" ? verdict.reason : undefined;
}
