import type { Act, InstructionLanguage } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quoteList } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import type { ForbiddenTerm } from "../translation-state.ts";
import { allOf } from "../verdict.ts";
import { checkExcludes } from "../verifiers/terms.ts";

export interface ForbidTermsData {
  readonly terms: readonly string[];
  /** Only in exactly this letter case. Default false. */
  readonly matchCase?: boolean | undefined;
}

const phrasings: Phrasings = {
  en: [
    "Do not use {terms}.",
    "Please avoid {terms} in the translation.",
    "Rewrite the translation without {terms}.",
    "The translation must not contain {terms}.",
    "Could you translate it without using {terms}?",
    "I do not want to see {terms} in the translation.",
  ],
  zh: [
    "不要使用{terms}。",
    "译文中请避免出现{terms}。",
    "请改写译文，不要出现{terms}。",
    "译文里不能有{terms}。",
    "翻译时请不要用{terms}。",
    "我不希望译文里有{terms}。",
  ],
  de: [
    "Verwende {terms} nicht.",
    "Vermeide in der Übersetzung bitte {terms}.",
    "Formuliere die Übersetzung ohne {terms}.",
    "In der Übersetzung darf {terms} nicht vorkommen.",
    "Kannst du es ohne {terms} übersetzen?",
    "Ich möchte {terms} in der Übersetzung nicht sehen.",
  ],
};

const exactly: Readonly<Record<InstructionLanguage, string>> = {
  en: " (in exactly these letters, upper and lower case)",
  zh: "（区分大小写）",
  de: " (in genau dieser Groß- und Kleinschreibung)",
};

/** Terms for a list in an instruction: “a”, “b” or “c”. */
export function describeForbidden(terms: readonly string[], language: InstructionLanguage, matchCase = false): string {
  return quoteList(terms, language, "or") + (matchCase ? exactly[language] : "");
}

export const forbidTermsType: ActType<ForbidTermsData> = defineAct<ForbidTermsData>({
  kind: "forbid-terms",
  replies: "translation",
  read: (fields) => ({ terms: fields.terms("terms"), matchCase: fields.optionalBoolean("matchCase") }),
  say: ({ terms, matchCase }, context) =>
    phrase(phrasings, context, { terms: describeForbidden(terms, context.language, matchCase) }),
  apply: ({ terms, matchCase = false }, state) => {
    const kept = state.forbidden.filter(({ term }) => !terms.includes(term));
    // A term that was forbidden in every letter case stays so.
    const added = terms.map((term): ForbiddenTerm => {
      const before = state.forbidden.find((present) => present.term === term);
      return { term, matchCase: matchCase && (before === undefined || before.matchCase === true) };
    });
    return { ...state, forbidden: [...kept, ...added] };
  },
  verify: ({ terms, matchCase }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) =>
      allOf(terms.map((term) => checkExcludes(translation, { term, matchCase }))),
    ),
});

/** Keeps terms out of the translation. @throws BayLingError `argument-invalid` */
export function forbidTerms(terms: readonly string[], options: { matchCase?: boolean } = {}): Act<ForbidTermsData> {
  return forbidTermsType.create({ ...options, terms });
}
