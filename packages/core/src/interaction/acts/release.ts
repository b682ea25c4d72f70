import type { Act, InstructionLanguage, SayContext } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quoteList } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import type { TranslationState } from "../translation-state.ts";
import { unknown } from "../verdict.ts";
import { canonical, foldCase } from "../verifiers/term-search.ts";

const rules = ["length", "register", "formats", "prefix", "glossary", "terms"] as const;

/** What is carried, but for single terms; `terms` are all that are required or forbidden. */
export type ReleasableRule = (typeof rules)[number];

export interface ReleaseData {
  /** Terms that are required, forbidden, or in the glossary, on either side. */
  readonly terms?: readonly string[] | undefined;
  readonly rules?: readonly ReleasableRule[] | undefined;
}

const phrasings: Phrasings = {
  en: [
    "Forget what I said about {what}.",
    "What I asked for about {what} no longer applies.",
    "Please disregard my earlier request about {what}.",
    "I take back what I said about {what}.",
    "You need not bother about {what} any longer.",
    "There is no need to stick to what I said about {what}.",
  ],
  zh: [
    "忘掉我之前关于{what}的要求。",
    "我之前对{what}的要求不再适用。",
    "请不用再管我之前关于{what}的要求。",
    "我收回之前关于{what}的要求。",
    "不必再考虑{what}了。",
    "关于{what}，不用再按我之前说的做了。",
  ],
  de: [
    "Vergiss, was ich über {what} gesagt habe.",
    "Was ich über {what} gesagt habe, gilt nicht mehr.",
    "Achte bitte nicht mehr auf {what}.",
    "Auf {what} musst du keine Rücksicht mehr nehmen.",
    "Um {what} musst du dich nicht mehr kümmern.",
    "An das, was ich über {what} gesagt habe, musst du dich nicht mehr halten.",
  ],
};

const names: Readonly<Record<ReleasableRule, Readonly<Record<InstructionLanguage, string>>>> = {
  length: { en: "the length", zh: "长度", de: "die Länge" },
  register: { en: "how formal it should be", zh: "语气是否正式", de: "die Förmlichkeit" },
  formats: {
    en: "the formats of numbers and dates",
    zh: "数字和日期格式",
    de: "die Formate von Zahlen und Datumsangaben",
  },
  prefix: { en: "the beginning of the translation", zh: "译文开头", de: "den Anfang der Übersetzung" },
  glossary: { en: "the glossary", zh: "术语表", de: "das Glossar" },
  terms: { en: "words to use and to avoid", zh: "必用词和禁用词", de: "Wörter, die vorkommen oder fehlen sollen" },
};

function sayRelease({ terms = [], rules: released = [] }: ReleaseData, context: SayContext): string {
  const { language } = context;
  const parts = [
    ...(terms.length > 0 ? [quoteList(terms, language)] : []),
    ...released.map((rule) => names[rule][language]),
  ];
  const last = parts.pop() ?? "";
  const [between, and] = { en: [", ", " and "], zh: ["、", "和"], de: [", ", " und "] }[language] as [string, string];
  return phrase(phrasings, context, { what: parts.length === 0 ? last : parts.join(between) + and + last });
}

function withoutTerms(state: TranslationState, terms: readonly string[]): TranslationState {
  const given = new Set(terms.map((term) => foldCase(canonical(term))));
  const named = (texts: readonly (string | undefined)[]) =>
    texts.some((text) => text !== undefined && given.has(foldCase(canonical(text))));
  return {
    ...state,
    required: state.required.filter(({ forms, source }) => !named([...forms, source])),
    forbidden: state.forbidden.filter(({ term }) => !named([term])),
    glossary: state.glossary.filter(({ source, targets }) => !named([source, ...targets])),
  };
}

function withoutRule(state: TranslationState, rule: ReleasableRule): TranslationState {
  if (rule === "terms") return { ...state, required: [], forbidden: [] };
  return { ...state, [rule]: rule === "glossary" ? [] : undefined };
}

export const releaseType: ActType<ReleaseData> = defineAct<ReleaseData>({
  kind: "release",
  replies: "translation",
  read: (fields) => {
    const terms = fields.value("terms");
    const given = fields.value("rules");
    if (terms === undefined && given === undefined) fields.refuse("terms", "terms, rules, or both", undefined);
    const known = (rule: unknown): rule is ReleasableRule => rules.includes(rule as ReleasableRule);
    const list = given === undefined ? undefined : fields.list("rules", given);
    const wrong = list?.findIndex((rule) => !known(rule)) ?? -1;
    if (wrong !== -1) fields.refuse(`rules[${wrong}]`, `one of ${rules.join(", ")}`, list?.[wrong]);
    return {
      terms: terms === undefined ? undefined : fields.checkTerms("terms", terms),
      rules: list === undefined ? undefined : [...new Set(list.filter(known))],
    };
  },
  say: sayRelease,
  apply: ({ terms = [], rules: released = [] }, state) => released.reduce(withoutRule, withoutTerms(state, terms)),
  verify: (_data, reply, context) =>
    checkTranslation(reply, context, phrasings, () => unknown("what need not be may still be")),
});

/** Takes back what was asked: of single terms, or a whole rule. @throws BayLingError `argument-invalid` */
export function release(what: ReleaseData): Act<ReleaseData> {
  return releaseType.create(what);
}
