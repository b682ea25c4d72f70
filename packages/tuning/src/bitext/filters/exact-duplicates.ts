import { TextHashSet } from "../hashes.ts";
import type { BitextFilter } from "./filter.ts";

/** Pairs that were there before, source and target. One source with several targets is no duplicate. */
export function exactDuplicatesFilter(): BitextFilter {
  const known = new TextHashSet();
  return {
    reason: "duplicate",
    reject: ({ source, target, targetLanguage }) =>
      known.add(`${source}\t${target}\t${targetLanguage}`) ? undefined : "the same pair came before",
  };
}
