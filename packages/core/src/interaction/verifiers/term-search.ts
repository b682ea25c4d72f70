import { unspacedLetterMembers } from "../../generation/constraints/word-characters.ts";

/**
 * How an occurrence stands in the text: by itself, joined to another word by a hyphen, or as part of a longer word or
 * number.
 */
export type Standing = "whole" | "hyphenated" | "part";

export interface Occurrence {
  readonly start: number;
  readonly end: number;
  readonly standing: Standing;
}

const unspaced = new RegExp(`[${unspacedLetterMembers}]`, "u");
const wordCharacter = /[\p{L}\p{M}\p{N}_]/u;
const hyphen = /[-\u2010\u2011]/;
const apostrophe = /['\u2019]/;

/** Every place of a term in a text, as the two are: what is to be equal has been made so before. */
export function findTerm(text: string, term: string): readonly Occurrence[] {
  const occurrences: Occurrence[] = [];
  if (term === "") return occurrences;
  for (let start = text.indexOf(term); start !== -1; start = text.indexOf(term, start + 1)) {
    const end = start + term.length;
    occurrences.push({ start, end, standing: standingOf(text, start, end) });
  }
  return occurrences;
}

function standingOf(text: string, start: number, end: number): Standing {
  const before = Array.from(text.slice(Math.max(0, start - 4), start));
  const after = Array.from(text.slice(end, end + 4));
  const first = String.fromCodePoint(text.codePointAt(start)!);
  const last = Array.from(text.slice(Math.max(start, end - 2), end)).at(-1)!;
  if (joins(before.at(-1), first) || joins(last, after[0]) || (after[0] !== undefined && /\p{M}/u.test(after[0]))) {
    return "part";
  }
  if (continuesNumber(before.at(-2), before.at(-1), first) || continuesNumber(last, after[0], after[1])) return "part";
  // "don" is part of "don't"; "ledger" is whole in "ledger's", as "amour" is in "l'amour".
  const contracted = after[0] !== undefined && apostrophe.test(after[0]) && joins(last, after[1]);
  if (contracted && !/^['\u2019]s(?![\p{L}\p{M}])/iu.test(text.slice(end, end + 4))) return "part";
  if (linked(before.at(-2), before.at(-1), first) || linked(last, after[0], after[1])) return "hyphenated";
  return "whole";
}

/** Whether two neighbours belong to one word. Scripts that separate no words say nothing about it. */
function joins(left: string | undefined, right: string | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return wordCharacter.test(left) && wordCharacter.test(right) && !unspaced.test(left) && !unspaced.test(right);
}

function continuesNumber(left: string | undefined, middle: string | undefined, right: string | undefined): boolean {
  const digit = /^\p{Nd}$/u;
  return /^[.,\u066b\u066c]$/u.test(middle ?? "") && digit.test(left ?? "") && digit.test(right ?? "");
}

function linked(left: string | undefined, middle: string | undefined, right: string | undefined): boolean {
  return middle !== undefined && hyphen.test(middle) && joins(left, right);
}

/** Canonically equal texts as one; white space of any kind and length as one space. */
export function canonical(text: string): string {
  return text.normalize("NFC").replace(/\s+/gu, " ");
}

/** Texts that a reader would take for the same: also without letter width, ligatures and invisible characters. */
export function loose(text: string): string {
  return canonical(text.replace(/\p{Default_Ignorable_Code_Point}/gu, "").normalize("NFKC"));
}

/** Without letter case: ß is ss, and a final sigma a sigma. */
export function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

/** Whether a part is anywhere in a text, whatever its letter case. */
export function contains(text: string, part: string): boolean {
  return foldCase(canonical(text)).includes(foldCase(canonical(part)));
}
