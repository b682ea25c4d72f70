import type { SentencePair } from "../sentence-pair.ts";
import type { BitextFilter } from "./filter.ts";
import { foldText, unitsOf } from "./folded-text.ts";

/** Words and phrases, or a function that says whether a pair is to be left out. */
export type Profanity = readonly string[] | ((pair: SentencePair) => boolean);

/** Pairs that the user does not want. Words are found as whole words, whatever their case; ideographs anywhere. */
export function profanityFilter(profanity: Profanity): BitextFilter {
  const reason = "profanity";
  if (typeof profanity === "function") {
    return { reason, reject: (pair) => (profanity(pair) ? "the function that was given says so" : undefined) };
  }
  const phrases = new Set(profanity.map((phrase) => phraseOf(unitsOf(foldText(phrase)))));
  phrases.delete("");
  const longest = Math.max(0, ...[...phrases].map((phrase) => phrase.split(" ").length));
  const find = (units: readonly string[]): boolean => {
    for (let start = 0; start < units.length; start++) {
      for (let end = start + 1; end <= Math.min(units.length, start + longest); end++) {
        if (phrases.has(phraseOf(units.slice(start, end)))) return true;
      }
    }
    return false;
  };
  return {
    reason,
    reject: (_, { units }) => (units.some(find) ? "it has a word of the list" : undefined),
  };
}

function phraseOf(units: readonly string[]): string {
  return units.join(" ");
}
