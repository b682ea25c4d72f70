import type { BitextFilter } from "./filter.ts";
import { isIdeograph } from "./folded-text.ts";

export interface CopiedSourceOptions {
  /** The share of the source's words that stand in the target, above which it is a copy. Default 0.7. */
  readonly maximum?: number | undefined;
}

/** Of fewer words, names and loans may be most. */
const leastWords = 5;

/** Targets that are the source again, have it within them, or share most of its words. */
export function copiedSourceFilter({ maximum = 0.7 }: CopiedSourceOptions = {}): BitextFilter {
  return {
    reason: "copied-source",
    reject(pair, { source, target, units: [from, to] }) {
      if (source === target && /\p{L}/u.test(source)) return "the target is the source";
      const [shorter, longer] = from.length <= to.length ? [from, to] : [to, from];
      if (shorter.length < leastWords) return undefined;
      // Chinese and Japanese share their characters with each other, not their words.
      if (baseOf(pair.sourceLanguage) !== baseOf(pair.targetLanguage) && shorter.every(isIdeograph)) return undefined;
      const words = new Set(longer);
      const shared = shorter.filter((word) => words.has(word)).length / shorter.length;
      return shared > maximum ? `${Math.round(100 * shared)} % of the words are in both` : undefined;
    },
  };
}

function baseOf(tag: string): string {
  return tag.split("-", 1)[0]!;
}
