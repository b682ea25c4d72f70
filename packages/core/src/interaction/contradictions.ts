import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { countLength } from "../generation/constraints/length-limit.ts";
import { forbidTermsType } from "./acts/forbid-terms.ts";
import { glossaryType } from "./acts/glossary.ts";
import { includeTermsType } from "./acts/include-terms.ts";
import { keepPrefixType, prefixText } from "./acts/keep-prefix.ts";
import { setFormatsType } from "./acts/set-formats.ts";
import { setRegisterType } from "./acts/set-register.ts";
import { languageName, parseLanguage } from "./language.ts";
import { requiredIn } from "./required-terms.ts";
import type { ForbiddenTerm, LengthLimit, RequiredTerm, TranslationState } from "./translation-state.ts";
import { piecesOf } from "./verifiers/differences.ts";
import { foldCase, loose } from "./verifiers/term-search.ts";
import { checkExcludes } from "./verifiers/terms.ts";

/**
 * Refuses a state that no translation can meet, before anything runs.
 * @throws BayLingError `request-contradictory` that names both sides; `argument-invalid` and `language-unknown` for a
 * state that holds what it cannot hold
 */
export function checkState(state: TranslationState): void {
  checkFields(state);
  const { forbidden, length } = state;
  const to = parseLanguage(state.to, "to");
  if (parseLanguage(state.from, "from") === to) {
    const name = languageName(to, "en");
    throw contradiction("to", `a translation from ${name} into ${name} is none`, "Choose another language");
  }
  const required = requiredIn(state);
  for (const term of required) checkAgainstForbidden(term, forbidden);
  const prefix = state.prefix === undefined ? undefined : prefixText(state.prefix);
  if (prefix !== undefined) checkPrefixAgainst(prefix, forbidden);
  if (length !== undefined) checkAgainstLength(length, required, prefix ?? "");
}

function contradiction(field: string, problem: string, remedy: string): BayLingError {
  return new BayLingError("request-contradictory", { field, problem, remedy });
}

/** States also come from options and from files, where anything can stand. */
function checkFields(state: TranslationState): void {
  if (typeof state !== "object" || state === null) throw invalidArgument("state", "an object", state);
  const { source, required, forbidden, glossary, length, register, formats, prefix } = state;
  if (typeof source !== "string") throw invalidArgument("source", "a text", source);
  for (const [field, list] of Object.entries({ required, forbidden, glossary })) {
    if (!Array.isArray(list)) throw invalidArgument(field, "an array", list);
  }
  if (required.length > 0) includeTermsType.create({ terms: required });
  if (glossary.length > 0) glossaryType.create({ entries: glossary });
  for (const given of forbidden) {
    if (typeof given !== "object" || given === null) throw invalidArgument("forbidden", "{ term }", given);
    forbidTermsType.create({ terms: [given.term], matchCase: given.matchCase });
  }
  if (register !== undefined) setRegisterType.create({ register });
  if (formats !== undefined) setFormatsType.create({ locale: formats });
  if (prefix !== undefined) keepPrefixType.create({ prefix });
  if (length !== undefined) checkLengthFields(length);
}

function checkLengthFields(length: LengthLimit): void {
  if (typeof length !== "object" || length === null) throw invalidArgument("length", "an object", length);
  const { unit, least, most } = length;
  if (unit !== "words" && unit !== "characters") throw invalidArgument("length.unit", '"words" or "characters"', unit);
  for (const [name, bound] of Object.entries({ least, most })) {
    if (bound !== undefined && (!Number.isSafeInteger(bound) || bound < 1)) {
      throw invalidArgument(`length.${name}`, "an integer from 1 on", bound);
    }
  }
  if (least === undefined || most === undefined || least <= most) return;
  throw contradiction(
    "length",
    `at least ${least} ${unit} and at most ${most} cannot both be`,
    "Release the length, or give one of them anew",
  );
}

/** A term cannot be written when each of its forms has a forbidden term in it. */
function checkAgainstForbidden({ forms, source }: RequiredTerm, forbidden: readonly ForbiddenTerm[]): void {
  const inForm = (form: string) => forbidden.find((term) => checkExcludes(form, term).outcome === "fail");
  const clashes = forms.map(inForm);
  if (clashes.length === 0 || !clashes.every((clash) => clash !== undefined)) return;
  const asked = `${forms.map((form) => `"${form}"`).join(" or ")}${source === undefined ? "" : ` for "${source}"`}`;
  const excluded = [...new Set(clashes.map((clash) => `"${clash?.term}"`))].join(" and ");
  throw contradiction("forbidden", `${asked} is required, and ${excluded} is forbidden`, "Release one of the two");
}

function checkPrefixAgainst(prefix: string, forbidden: readonly ForbiddenTerm[]): void {
  // The word at its end is not finished: "bank" may become "bankrupt".
  const clash = forbidden.find((term) => checkExcludes(`${prefix}x`, term).outcome === "fail");
  if (clash === undefined) return;
  throw contradiction(
    "prefix",
    `the beginning to keep has "${clash.term}", which is forbidden`,
    `Release "${clash.term}", or begin in another way`,
  );
}

/** Terms that share no word stand one after the other: together they are at least as long as all of them. */
function checkAgainstLength({ unit, most }: LengthLimit, required: readonly RequiredTerm[], prefix: string): void {
  if (most === undefined) return;
  const taken = new Set<string>();
  const apart: string[] = [];
  let together = 0;
  for (const { forms } of required) {
    const words = forms.flatMap((form) => piecesOf(foldCase(loose(form))));
    if (words.some((word) => taken.has(word))) continue;
    for (const word of words) taken.add(word);
    together += Math.min(...forms.map((form) => countLength(form, unit)));
    apart.push(`"${forms[0]}"`);
  }
  const single = Math.max(0, ...required.map(({ forms }) => Math.min(...forms.map((form) => countLength(form, unit)))));
  const needed = Math.max(together, single);
  const limit = `at most ${most} ${unit} ${most === 1 ? "is" : "are"} allowed`;
  if (needed > most) {
    const names = apart.length > 3 ? `${apart.slice(0, 3).join(", ")}, …` : apart.join(", ");
    throw contradiction(
      "length",
      `the required ${names} need ${needed} ${unit}, and ${limit}`,
      "Allow more, or release a term",
    );
  }
  const begun = countLength(prefix, unit);
  if (begun <= most) return;
  throw contradiction(
    "length",
    `the beginning to keep has ${begun} ${unit}, and ${limit}`,
    "Allow more, or shorten the beginning",
  );
}
