import { parseLanguage, type TranslationProfile } from "@bayling/core/interaction";
import { Problem } from "../problem.ts";

/** Codes of LibreTranslate's that say something else in BCP-47, or nothing. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["zt", "zh-Hant"],
  ["pb", "pt-BR"],
]);

/** Languages that are offered where a model was taught no list of them. BCP-47. */
const common: readonly string[] = (
  "en zh-Hans zh-Hant de fr es it pt nl pl ru uk cs sk sl hr sr bg ro hu el tr ar he fa ur hi bn ta te vi id ms th km my ja ko " +
  "sv da nb fi et lv lt ga ca gl eu sq sw af kk uz az ka hy mn"
).split(" ");

/**
 * The BCP-47 tag, as core knows it, for the code of a language: `EN-GB`, `ZH-HANS`, `zh`, `pt-BR`. Names are no codes.
 * @throws Problem 400 that names the field
 */
export function parseLanguageCode(code: string, field: string): string {
  const alias = aliases.get(code.toLowerCase()) ?? code;
  try {
    if (/^[A-Za-z]{2,3}(?:[-_][A-Za-z\d]{2,8}){0,3}$/.test(alias)) return parseLanguage(alias, field);
  } catch (cause) {
    throw unknownLanguage(code, field, cause);
  }
  throw unknownLanguage(code, field);
}

function unknownLanguage(code: string, field: string, cause?: unknown): Problem {
  const message = `Value for '${field}' not supported: ${JSON.stringify(code.slice(0, 40))} is no code of a language.`;
  return new Problem({ status: 400, code: "language-unknown", message, param: field, cause });
}

/** What a model is offered for, as BCP-47 tags. */
export function languagesOf({ languages }: TranslationProfile): readonly string[] {
  return languages === "any" ? common : languages;
}

/** Whether two tags differ in region only, so that there is nothing to translate. */
export function isSameLanguage(one: string, other: string): boolean {
  const [left, right] = [new Intl.Locale(one).maximize(), new Intl.Locale(other).maximize()];
  return left.language === right.language && left.script === right.script;
}

/** The language alone: `zh` for `zh-Hant`. */
export function baseOf(tag: string): string {
  return new Intl.Locale(tag).language;
}
