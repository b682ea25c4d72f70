import { parseLanguage } from "../interaction/language.ts";
import type { TranslatorCreateCoreOptions } from "./translator-api.ts";

/** The languages of a translator, by canonical BCP 47 tag. */
export interface LanguagePair {
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
}

/** Languages that a model knows. */
export type Languages = readonly string[] | "any";

/**
 * The pair that a page asks for, canonical but otherwise as it stands.
 * @throws TypeError, RangeError for what is no BCP 47 tag
 */
export function readLanguagePair(options: TranslatorCreateCoreOptions): LanguagePair {
  if (typeof options !== "object" || options === null) throw new TypeError("Translator: options are not an object");
  return {
    sourceLanguage: canonical(options, "sourceLanguage"),
    targetLanguage: canonical(options, "targetLanguage"),
  };
}

function canonical(options: TranslatorCreateCoreOptions, member: keyof TranslatorCreateCoreOptions): string {
  const tag: unknown = options[member];
  if (tag === undefined) throw new TypeError(`Translator: required member ${member} is undefined`);
  return Intl.getCanonicalLocales(String(tag))[0]!;
}

/** Whether every text is its own translation: the two differ in region or less, as `en-US` and `en-GB`. */
export function isIdentity({ sourceLanguage, targetLanguage }: LanguagePair): boolean {
  const [source, target] = [new Intl.Locale(sourceLanguage), new Intl.Locale(targetLanguage)];
  return source.language === target.language && source.maximize().script === target.maximize().script;
}

/** The pair of a model's languages that fits best; undefined where there is none. */
export function bestFit({ sourceLanguage, targetLanguage }: LanguagePair, known: Languages): LanguagePair | undefined {
  const [source, target] = [bestLanguage(sourceLanguage, known), bestLanguage(targetLanguage, known)];
  return source === undefined || target === undefined ? undefined : { sourceLanguage: source, targetLanguage: target };
}

/** Looked up as in RFC 4647, with the tags that are one language to core taken together: `zh-TW` is `zh-Hant`. */
function bestLanguage(tag: string, known: Languages): string | undefined {
  let wanted: string;
  try {
    wanted = parseLanguage(new Intl.Locale(tag).baseName);
  } catch {
    return undefined; // no language that anybody knows
  }
  if (known === "any") return wanted;
  const tags = new Set(known.map((each) => parseLanguage(each, "languages")));
  for (let at = wanted; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("-")))) if (tags.has(at)) return at;
  return undefined;
}
