import type { RequiredTerm, TranslationState } from "./translation-state.ts";
import { canonical, findTerm, foldCase } from "./verifiers/term-search.ts";

/**
 * The terms that a translation of this source has to have: those asked for, and those of the glossary whose source stands
 * in the text as a word of its own. Within a longer word it may be something else, and is left to the checks.
 */
export function requiredIn({ required, glossary, source }: TranslationState): readonly RequiredTerm[] {
  const text = foldCase(canonical(source));
  const entries = glossary.map((entry) => ({ forms: entry.targets, source: entry.source }));
  return [...required, ...entries].filter(
    (term) =>
      term.source === undefined ||
      findTerm(text, foldCase(canonical(term.source))).some(({ standing }) => standing === "whole"),
  );
}
