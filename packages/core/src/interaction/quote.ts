import type { InstructionLanguage } from "./act.ts";

/** Marks by language; those of its own first, and others for texts that have these themselves. */
const marks: Readonly<Record<InstructionLanguage, readonly string[]>> = {
  en: ["“”", '""', "«»", "「」"],
  zh: ["“”", "「」", "『』", '""'],
  de: ["„“", '""', "»«", "「」"],
};

/**
 * A person's text in quotation marks that do not occur in it, so that nothing in it can look like the end of the
 * quotation and the rest like an instruction. A text of several lines, or with every kind of mark, stands between fences
 * that are longer than any in it. The text itself is never altered.
 */
export function quote(text: string, language: InstructionLanguage): string {
  const pair = /[\n\r\u2028\u2029]/u.test(text)
    ? undefined
    : marks[language].find((candidate) => ![...candidate].some((mark) => text.includes(mark)));
  return pair === undefined ? fenced(text) : `${pair[0]}${text}${pair[1]}`;
}

function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/"+/g) ?? []).map((run) => run.length));
  const fence = '"'.repeat(longest + 1);
  return `\n${fence}\n${text}\n${fence}\n`;
}

const joints: Readonly<Record<InstructionLanguage, readonly [between: string, and: string, or: string]>> = {
  en: [", ", " and ", " or "],
  zh: ["、", "和", "或"],
  de: [", ", " und ", " oder "],
};

/** Texts in quotation marks, as a list of the language: “a”, “b” and “c”. */
export function quoteList(
  texts: readonly string[],
  language: InstructionLanguage,
  joint: "and" | "or" = "and",
): string {
  const [between, and, or] = joints[language];
  const quoted = texts.map((text) => quote(text, language));
  const last = quoted.pop() ?? "";
  return quoted.length === 0 ? last : `${quoted.join(between)}${joint === "and" ? and : or}${last}`;
}
