import type { Verdict } from "../act.ts";
import type { ForbiddenTerm, GlossaryEntry, RequiredTerm } from "../translation-state.ts";
import { fail, pass, unknown } from "../verdict.ts";
import { canonical, findTerm, foldCase, loose, type Occurrence } from "./term-search.ts";

export interface IncludesOptions {
  /**
   * `exact`: as it is; `sentence` (default): also with a capital letter where a sentence begins; `any`: in every letter
   * case.
   */
  readonly letterCase?: "exact" | "sentence" | "any" | undefined;
  /** What is translated. If it quotes nothing, a term that stands in quotation marks only may be talked about, not used. */
  readonly source?: string | undefined;
}

const sentenceStart = /(?:^|[.!?…。！？:：\n"'“”„«»‚‘’「『(（[]\s*)$/u;
const quotes = '"“”„«»‹›「」『』';

/** Whether one of the forms of a term stands in a text, as a word of its own where the script has words. */
export function checkIncludes(reply: string, forms: readonly string[], options: IncludesOptions = {}): Verdict {
  const verdicts = forms.map((form) => includesForm(reply, form, options));
  for (const outcome of ["pass", "unknown"] as const) {
    const found = verdicts.find((verdict) => verdict.outcome === outcome);
    if (found !== undefined) return found;
  }
  if (forms.length === 1) return verdicts[0]!;
  return fail(`it has none of ${forms.map((form) => `"${form}"`).join(", ")}`);
}

function includesForm(reply: string, form: string, { letterCase = "sentence", source }: IncludesOptions): Verdict {
  const any = letterCase === "any";
  const text = any ? foldCase(canonical(reply)) : canonical(reply);
  const term = any ? foldCase(canonical(form)) : canonical(form);
  const found = [...findTerm(text, term)];
  if (letterCase === "sentence") found.push(...findCapitalised(text, term));
  const whole = found.filter(({ standing }) => standing === "whole");
  if (whole.length > 0) {
    const quoted = whole.every((occurrence) => isQuoted(text, occurrence));
    if (!quoted || source === undefined || hasQuotes(source) || hasQuotes(form)) return pass(`it has "${form}"`);
    return unknown(`"${form}" stands in quotation marks only, so it may be talked about instead of used`);
  }
  if (found.some(({ standing }) => standing === "hyphenated")) return unknown(`"${form}" is joined to another word`);
  if (found.length > 0) return fail(`"${form}" is only part of a longer word`);
  if (foldCase(text).includes(foldCase(term))) return fail(`"${form}" stands there in another letter case only`);
  if (foldCase(loose(text)).includes(foldCase(loose(term)))) return fail(`"${form}" stands there in another form only`);
  return fail(`"${form}" is not there`);
}

/** Occurrences with a capital letter that is there because a sentence begins. */
function findCapitalised(text: string, term: string): readonly Occurrence[] {
  const first = String.fromCodePoint(term.codePointAt(0) ?? 0x20);
  const capital = first.toUpperCase();
  if (capital === first || capital.length !== first.length) return [];
  const capitalised = findTerm(text, capital + term.slice(first.length));
  return capitalised.filter(({ start }) => sentenceStart.test(text.slice(Math.max(0, start - 8), start)));
}

function isQuoted(text: string, { start, end }: Occurrence): boolean {
  return quotes.includes(text[start - 1] ?? " ") && quotes.includes(text[end] ?? " ");
}

function hasQuotes(text: string): boolean {
  return [...quotes].some((quote) => text.includes(quote));
}

/**
 * Whether a term is nowhere in a text, whatever its letter case (unless that is asked for), width, Unicode form or
 * invisible characters. Within a longer word it is undecided: "bank" is in "banks", and "art" in "party".
 */
export function checkExcludes(reply: string, { term, matchCase = false }: ForbiddenTerm): Verdict {
  const prepare = (text: string) => (matchCase ? loose(text) : foldCase(loose(text)));
  const found = findTerm(prepare(reply), prepare(term));
  if (found.length === 0) return pass(`"${term}" is not there`);
  if (found.every(({ standing }) => standing === "part")) return unknown(`"${term}" is there as part of a longer word`);
  return fail(`"${term}" is there`);
}

/** Where a source text has a term: not at all, by itself, or within longer words, which may be its inflections. */
function sourceHas(source: string, term: string): "no" | "whole" | "part" {
  const found = findTerm(foldCase(canonical(source)), foldCase(canonical(term)));
  if (found.length === 0) return "no";
  return found.some(({ standing }) => standing === "whole") ? "whole" : "part";
}

/** Undefined where the term is not asked for, because the source does not have what it translates. */
export function checkRequired(reply: string, term: RequiredTerm, source: string): Verdict | undefined {
  if (term.source === undefined) return checkIncludes(reply, term.forms, { source });
  const has = sourceHas(source, term.source);
  if (has === "no") return undefined;
  const verdict = checkIncludes(reply, term.forms, { source });
  if (has === "whole" || verdict.outcome === "pass") return verdict;
  return unknown(`the source has "${term.source}" within a longer word only, and the reply none of its translations`);
}

/** Undefined where the source does not have the entry. */
export function checkGlossaryEntry(reply: string, entry: GlossaryEntry, source: string): Verdict | undefined {
  return checkRequired(reply, { forms: entry.targets, source: entry.source }, source);
}
