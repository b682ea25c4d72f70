import type { Act, InstructionLanguage } from "../act.ts";
import type { ActFields } from "../act-fields.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote, quoteList } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import type { RequiredTerm } from "../translation-state.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkRequired } from "../verifiers/terms.ts";

export interface IncludeTermsData {
  readonly terms: readonly RequiredTerm[];
}

/** A term, several forms of one, or a term for what is in the source. */
export type TermInput = string | readonly string[] | RequiredTerm;

const phrasings: Phrasings = {
  en: [
    "Make sure the translation includes {terms}.",
    "Please use {terms} in the translation.",
    "Revise the translation so that it contains {terms}.",
    "The translation has to include {terms}.",
    "Could you work {terms} into the translation?",
    "I would like to see {terms} in the translation.",
  ],
  zh: [
    "请确保译文中包含{terms}。",
    "译文里要用到{terms}。",
    "请修改译文，把{terms}用进去。",
    "翻译时必须使用{terms}。",
    "译文中必须出现{terms}。",
    "希望译文里能有{terms}。",
  ],
  de: [
    "Achte darauf, dass die Übersetzung {terms} enthält.",
    "Verwende in der Übersetzung bitte {terms}.",
    "Überarbeite die Übersetzung und verwende darin {terms}.",
    "Die Übersetzung muss {terms} enthalten.",
    "Kannst du {terms} in die Übersetzung aufnehmen?",
    "Ich möchte {terms} in der Übersetzung haben.",
  ],
};

/** Terms for a list in an instruction: “a”, either “b” or “c”, “d” (for “e”). */
export function describeTerms(terms: readonly RequiredTerm[], language: InstructionLanguage): string {
  const joints = { en: [", ", " and "], zh: ["、", "和"], de: [", ", " und "] } as const;
  const described = terms.map(({ forms, source }) => {
    const list = quoteList(forms, language, "or");
    const either = { en: `either ${list}`, zh: `${list}之一`, de: `entweder ${list}` }[language];
    const term = forms.length === 1 ? list : either;
    if (source === undefined) return term;
    const original = quote(source, language);
    return { en: `${term} (for ${original})`, zh: `${term}（对应${original}）`, de: `${term} (für ${original})` }[
      language
    ];
  });
  const last = described.pop() ?? "";
  return described.length === 0 ? last : described.join(joints[language][0]) + joints[language][1] + last;
}

function readTerm(fields: ActFields, name: string, given: unknown): RequiredTerm {
  if (typeof given === "string") return { forms: fields.checkTerms(name, [given]) };
  if (Array.isArray(given)) return { forms: fields.checkTerms(name, given) };
  if (typeof given !== "object" || given === null) {
    return fields.refuse(name, "a term, an array of its forms, or { forms, source }", given);
  }
  const { forms, source, ...rest } = given as { forms?: unknown; source?: unknown };
  const [other] = Object.keys(rest);
  if (other !== undefined) fields.refuse(`${name}.${other}`, "no such field", (rest as Record<string, unknown>)[other]);
  const read = { forms: fields.checkTerms(`${name}.forms`, forms) };
  return source === undefined ? read : { ...read, source: fields.checkTerms(`${name}.source`, [source])[0]! };
}

/** Whether two terms ask for the same. */
function same(left: RequiredTerm, right: RequiredTerm): boolean {
  return left.source === right.source && left.forms.join("\n") === right.forms.join("\n");
}

/** Adds terms to those required, none twice. */
function addRequired(required: readonly RequiredTerm[], added: readonly RequiredTerm[]): readonly RequiredTerm[] {
  return [...required, ...added.filter((term) => !required.some((present) => same(present, term)))];
}

export const includeTermsType: ActType<IncludeTermsData> = defineAct<IncludeTermsData>({
  kind: "include-terms",
  replies: "translation",
  read: (fields) => ({
    terms: fields.list("terms", fields.value("terms")).map((term, index) => readTerm(fields, `terms[${index}]`, term)),
  }),
  say: ({ terms }, context) => phrase(phrasings, context, { terms: describeTerms(terms, context.language) }),
  apply: ({ terms }, state) => ({ ...state, required: addRequired(state.required, terms) }),
  verify: ({ terms }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) =>
      allOf(
        terms.map(
          (term) =>
            checkRequired(translation, term, context.after.source) ??
            unknown(`the source does not have "${term.source}"`),
        ),
      ),
    ),
});

/**
 * Asks for terms in the translation. Several forms of one are one array, of which one has to appear.
 * @throws BayLingError `argument-invalid`
 */
export function includeTerms(terms: readonly TermInput[]): Act<IncludeTermsData> {
  return includeTermsType.create({ terms });
}
