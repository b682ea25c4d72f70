import type { Act, InstructionLanguage } from "../act.ts";
import type { ActFields } from "../act-fields.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote, quoteList } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import type { GlossaryEntry } from "../translation-state.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkGlossaryEntry } from "../verifiers/terms.ts";

export interface GlossaryData {
  readonly entries: readonly GlossaryEntry[];
}

/** What a term of the source is translated by; several are as good as each other. */
export interface GlossaryInput {
  readonly source: string;
  readonly targets: string | readonly string[];
}

const phrasings: Phrasings = {
  en: [
    "Translate {entries}.",
    "From now on, please translate {entries}.",
    "Use consistent terminology: translate {entries}.",
    "Stick to this glossary: {list}.",
    "Please follow these term translations: {list}.",
    "In our house style we translate {entries}.",
  ],
  zh: [
    "{entries}。",
    "从现在起，请把{entries}。",
    "请统一术语：{entries}。",
    "请遵守以下术语表：{list}。",
    "请按照这些术语来翻译：{list}。",
    "按我们的惯例，{entries}。",
  ],
  de: [
    "Übersetze {entries}.",
    "Übersetze ab jetzt bitte {entries}.",
    "Bleib bei einheitlichen Begriffen: Übersetze {entries}.",
    "Halte dich an dieses Glossar: {list}.",
    "Richte dich bitte nach diesen Begriffen: {list}.",
    "Bei uns übersetzt man {entries}.",
  ],
};

/** Entries as parts of a sentence: “file” as “Datei” and “handle” as “Griff”. */
function describeEntries(entries: readonly GlossaryEntry[], language: InstructionLanguage): string {
  const described = entries.map(({ source, targets }) => {
    const target = quoteList(targets, language, "or");
    const original = quote(source, language);
    return { en: `${original} as ${target}`, zh: `${original}译为${target}`, de: `${original} mit ${target}` }[
      language
    ];
  });
  const last = described.pop() ?? "";
  const [between, and] = { en: [", ", " and "], zh: ["，", "，"], de: [", ", " und "] }[language] as [string, string];
  return described.length === 0 ? last : described.join(between) + and + last;
}

/** Entries as a list: “file” = “Datei”; “handle” = “Griff”. */
export function listEntries(entries: readonly GlossaryEntry[], language: InstructionLanguage): string {
  return entries
    .map(({ source, targets }) => `${quote(source, language)} = ${quoteList(targets, language, "or")}`)
    .join(language === "zh" ? "；" : "; ");
}

function readEntry(fields: ActFields, name: string, given: unknown): GlossaryEntry {
  if (typeof given !== "object" || given === null) return fields.refuse(name, "{ source, targets }", given);
  const { source, targets, ...rest } = given as { source?: unknown; targets?: unknown };
  const [other] = Object.keys(rest);
  if (other !== undefined) fields.refuse(`${name}.${other}`, "no such field", (rest as Record<string, unknown>)[other]);
  return {
    source: fields.checkTerms(`${name}.source`, [source])[0]!,
    targets: fields.checkTerms(`${name}.targets`, typeof targets === "string" ? [targets] : targets),
  };
}

function readEntries(fields: ActFields): GlossaryData {
  const given = fields.list("entries", fields.value("entries"));
  const entries = given.map((entry, index) => readEntry(fields, `entries[${index}]`, entry));
  const seen = new Set<string>();
  for (const [index, { source }] of entries.entries()) {
    if (seen.has(source)) fields.refuse(`entries[${index}].source`, "each source term once", source);
    seen.add(source);
  }
  return { entries };
}

export const glossaryType: ActType<GlossaryData> = defineAct<GlossaryData>({
  kind: "glossary",
  replies: "translation",
  read: readEntries,
  say: ({ entries }, context) =>
    phrase(phrasings, context, {
      entries: describeEntries(entries, context.language),
      list: listEntries(entries, context.language),
    }),
  apply: ({ entries }, state) => {
    const kept = state.glossary.filter(({ source }) => !entries.some((entry) => entry.source === source));
    return { ...state, glossary: [...kept, ...entries] };
  },
  verify: ({ entries }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) => {
      const verdicts = entries.map((entry) => checkGlossaryEntry(translation, entry, context.after.source));
      const found = verdicts.filter((verdict) => verdict !== undefined);
      return found.length > 0 ? allOf(found) : unknown("the source has none of the terms");
    }),
});

/**
 * Fixes how terms of the source are translated, in this and all later translations that have them. A later entry for the
 * same source takes the place of the earlier one.
 * @throws BayLingError `argument-invalid`
 */
export function glossary(entries: readonly GlossaryInput[]): Act<GlossaryData> {
  return glossaryType.create({ entries });
}
