import { describeValue, invalidArgument } from "../../check-argument.ts";
import { CharacterConstraint } from "./characters/character-constraint.ts";
import type { Constraint } from "./constraint.ts";
import { forbiddenTermAutomaton } from "./forbidden-term-automaton.ts";
import type { ForbiddenForm } from "./forbidden-term-graph.ts";

/** A term that may not be written. */
export interface ForbiddenTermOptions {
  readonly term: string;
  /** Default false: in every letter case. */
  readonly matchCase?: boolean | undefined;
  /**
   * Whether the term is meant only where no letter or digit touches it, so that "bank" leaves "bankrupt" alone. By
   * default so at an end that is a letter of a script with spaces between words, and not in Chinese, Japanese, Korean,
   * Thai and their like. Of such a whole word one knows only afterwards that it is there: a text that got as far as
   * "bank" can but go on with a letter.
   */
  readonly wholeWord?: boolean | undefined;
}

/**
 * Keeps every term out of the text, composed or decomposed, in any case unless `matchCase` is set, with any white space
 * between its words, whatever the tokenization. Invisible characters do not hide a term.
 * @throws BayLingError `argument-invalid` for a term without characters
 */
export function forbid(terms: readonly (string | ForbiddenTermOptions)[]): Constraint<number> {
  if (!Array.isArray(terms)) throw invalidArgument("terms", "an array of terms", terms);
  // Not `map`, which passes holes over.
  const forms = Array.from(terms, (term: unknown, index) => checkTerm(term, `terms[${index}]`));
  const names = forms.map(({ term }) => describeValue(term));
  const name = `forbid ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
  return new CharacterConstraint(name, forbiddenTermAutomaton(forms));
}

function checkTerm(given: unknown, field: string): ForbiddenForm {
  const options = typeof given === "string" ? { term: given } : given;
  if (typeof options !== "object" || options === null) throw invalidArgument(field, "a text or an object", given);
  const { term, matchCase = false, wholeWord } = options as Partial<ForbiddenTermOptions>;
  if (typeof term !== "string" || !/[^\p{White_Space}\u00ad\u200b\u2060\ufeff]/u.test(term) || !term.isWellFormed()) {
    throw invalidArgument(`${field}.term`, "a text with characters that can be seen", term);
  }
  if (typeof matchCase !== "boolean") throw invalidArgument(`${field}.matchCase`, "a boolean", matchCase);
  if (wholeWord !== undefined && typeof wholeWord !== "boolean") {
    throw invalidArgument(`${field}.wholeWord`, "a boolean", wholeWord);
  }
  return { term, matchCase, wholeWord };
}
