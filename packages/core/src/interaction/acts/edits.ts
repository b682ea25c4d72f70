import type { Verdict } from "../act.ts";
import type { LanguageDetector } from "../detect-language.ts";
import type { TranslationState } from "../translation-state.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkLanguage } from "../verifiers/language.ts";
import { canonical, contains } from "../verifiers/term-search.ts";
import { checkExcludes, checkIncludes } from "../verifiers/terms.ts";
import { checkOnlyAsked } from "../verifiers/unchanged.ts";

/**
 * Whether a text can stand in the translation as it is. What a person wants to insert may be in another language: then
 * its meaning is asked for, and not its letters.
 */
export function isInTarget(text: string, { to }: TranslationState, detect?: LanguageDetector): boolean {
  return checkLanguage(text, to, detect).outcome !== "fail";
}

/** A text with something in the place of every occurrence of a part, whatever its letter case. */
export function replaceAll(text: string, part: string, by: string): string {
  const literal = canonical(part).replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return canonical(text).replace(new RegExp(literal, "giu"), () => by);
}

/** The state with a text that has to be replaced, and what has to come in its place, for one reply. */
export function replacing(state: TranslationState, from: string, to: string): TranslationState {
  return {
    ...state,
    forbidden: contains(to, from) ? state.forbidden : [...state.forbidden, { term: from }],
    required: isInTarget(to, state) ? [...state.required, { forms: [to] }] : state.required,
  };
}

/** Whether one part of the last translation, and nothing else, has become another. */
export function checkReplaced(reply: string, before: TranslationState, from: string, to: string): Verdict {
  const gone = contains(to, from) ? [] : [checkExcludes(reply, { term: from })];
  if (!isInTarget(to, before)) return allOf([...gone, unknown(`"${to}" is not in the language of the translation`)]);
  const there = checkIncludes(reply, [to]);
  const { translation } = before;
  if (translation === undefined || !contains(translation, from)) {
    return allOf([...gone, there, unknown(`the last translation does not have "${from}"`)]);
  }
  return allOf([...gone, there, checkOnlyAsked(reply, [replaceAll(translation, from, to)])]);
}
