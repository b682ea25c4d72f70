import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quoteList } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkGlossaryEntry } from "../verifiers/terms.ts";
import { glossaryType } from "./glossary.ts";

export interface KeepUntranslatedData {
  readonly terms: readonly string[];
}

const phrasings: Phrasings = {
  en: [
    "Leave {terms} untranslated.",
    "Please do not translate {terms}; leave the wording of the original.",
    "Keep {terms} in the original language.",
    "{terms} should stay exactly as in the source text.",
    "Please carry {terms} over unchanged.",
    "No translation for {terms}, please: just as it is written in the original.",
  ],
  zh: [
    "{terms}不要翻译。",
    "请保留{terms}的原文。",
    "译文中{terms}保持原样，不用翻译。",
    "{terms}请直接用原文，不必翻译。",
    "{terms}照抄原文即可。",
    "请不要把{terms}译出来，按原文写。",
  ],
  de: [
    "Lass {terms} unübersetzt.",
    "Bitte übersetze {terms} nicht, sondern lass die Schreibweise des Originals.",
    "Behalte {terms} in der Originalsprache bei.",
    "Übernimm {terms} genau so aus dem Ausgangstext.",
    "Bitte {terms} nicht übersetzen, sondern unverändert lassen.",
    "{terms} soll so stehen bleiben wie im Original.",
  ],
};

/** Entries that translate terms by themselves. */
function entriesOf(terms: readonly string[]): { source: string; targets: string[] }[] {
  return terms.map((term) => ({ source: term, targets: [term] }));
}

export const keepUntranslatedType: ActType<KeepUntranslatedData> = defineAct<KeepUntranslatedData>({
  kind: "keep-untranslated",
  replies: "translation",
  read: (fields) => ({ terms: fields.terms("terms") }),
  say: ({ terms }, context) => phrase(phrasings, context, { terms: quoteList(terms, context.language) }),
  apply: ({ terms }, state) => glossaryType.create({ entries: entriesOf(terms) }).apply(state),
  verify: ({ terms }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) => {
      const verdicts = entriesOf(terms).map((entry) => checkGlossaryEntry(translation, entry, context.after.source));
      const found = verdicts.filter((verdict) => verdict !== undefined);
      return found.length > 0 ? allOf(found) : unknown("the source has none of the terms");
    }),
});

/** Leaves terms, such as names of products, as they are in the source. @throws BayLingError `argument-invalid` */
export function keepUntranslated(terms: readonly string[]): Act<KeepUntranslatedData> {
  return keepUntranslatedType.create({ terms });
}
