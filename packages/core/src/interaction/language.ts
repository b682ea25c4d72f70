import { describeValue, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { InstructionLanguage } from "./act.ts";

/**
 * The name of a language as instructions use it. Those of the languages in which acts can say themselves are our own,
 * because data sets must not change with the Unicode version of the runtime that makes them.
 */
const ownNames: Readonly<Record<string, Readonly<Record<InstructionLanguage, string>>>> = {
  en: { en: "English", zh: "英语", de: "Englisch" },
  de: { en: "German", zh: "德语", de: "Deutsch" },
  "zh-Hans": { en: "Simplified Chinese", zh: "简体中文", de: "vereinfachtes Chinesisch" },
  "zh-Hant": { en: "Traditional Chinese", zh: "繁体中文", de: "traditionelles Chinesisch" },
};

/** Languages that are found by their names, beside those that are found by tag. */
const namedLanguages =
  "zh-Hans zh-Hant en de fr es it pt nl pl ru uk cs sk sl hr sr bg ro hu el tr ar he fa ur hi bn ta te mr gu kn ml pa ne " +
  "si th lo km my vi id ms tl jv sw am ha yo ig zu xh af ja ko mn kk uz az ka hy fi sv da nb nn no is et lv lt ga cy eu ca gl " +
  "mt sq mk bs lb la eo yue bo ug";

/** Words for languages that the names of the Unicode database do not cover. */
const furtherNames: Readonly<Record<string, string>> = {
  ...{ chinese: "zh-Hans", mandarin: "zh-Hans", 中文: "zh-Hans", 汉语: "zh-Hans", 普通话: "zh-Hans", 简体: "zh-Hans" },
  ...{ chinesisch: "zh-Hans", "chinesisch (vereinfacht)": "zh-Hans", "chinese (simplified)": "zh-Hans" },
  ...{
    繁体: "zh-Hant",
    繁體: "zh-Hant",
    繁體中文: "zh-Hant",
    正體中文: "zh-Hant",
    简体字: "zh-Hans",
    繁体字: "zh-Hant",
  },
  ...{ "chinesisch (traditionell)": "zh-Hant", "chinese (traditional)": "zh-Hant", 英文: "en", 德文: "de", 日文: "ja" },
  ...{ 法文: "fr", 西班牙文: "es", 俄文: "ru", 韩文: "ko", 葡萄牙文: "pt", 意大利文: "it" },
};

const displayNames = new Map<InstructionLanguage, Intl.DisplayNames>();

function displayName(language: InstructionLanguage, tag: string): string | undefined {
  let names = displayNames.get(language);
  if (names === undefined) {
    // German puts regions in brackets: "Englisch (Vereinigtes Königreich)" stands in any sentence, "Britisches" does not.
    const languageDisplay = language === "de" ? "standard" : "dialect";
    names = new Intl.DisplayNames([language], { type: "language", fallback: "none", languageDisplay });
    displayNames.set(language, names);
  }
  return names.of(tag);
}

/**
 * The canonical tag of a language, given by BCP-47 tag or by its name in English, Chinese or German. Simplified and
 * Traditional Chinese are two languages, each of one tag: `zh` and `zh-CN` are `zh-Hans`; `zh-TW` and `zh-HK` are
 * `zh-Hant`. A script that goes without saying is left out: `de-Latn` is `de`.
 * @throws BayLingError `argument-invalid` for what is no text, `language-unknown`
 */
export function parseLanguage(language: string, field = "language"): string {
  if (typeof language !== "string") throw invalidArgument(field, "a language tag such as de or zh-Hant", language);
  const tag = canonicalTag(language.trim()) ?? languageByName(language);
  if (tag !== undefined) return tag;
  throw new BayLingError("language-unknown", {
    field,
    problem: "there is no such language",
    expected: "a BCP-47 tag such as de, zh-Hans or pt-BR, or the name of a language",
    received: describeValue(language),
  });
}

/**
 * The canonical tag of a locale, with its region: `de-at` is `de-AT`.
 * @throws BayLingError `argument-invalid` for what is no text, `language-unknown`
 */
export function parseLocale(locale: string, field = "locale"): string {
  if (typeof locale !== "string") throw invalidArgument(field, "a locale such as de-AT or en-US", locale);
  const parsed = knownLocale(locale.trim());
  if (parsed !== undefined) return parsed.baseName;
  const named = languageByName(locale);
  if (named !== undefined) return named;
  throw new BayLingError("language-unknown", {
    field,
    problem: "there is no such locale",
    expected: "a BCP-47 tag such as de-AT, en-US or zh-TW, or the name of a language",
    received: describeValue(locale),
  });
}

/** Codes for texts of no language, of several, and of one that has no code. */
const notLanguages: readonly string[] = ["und", "mul", "mis", "zxx"];

function knownLocale(tag: string): Intl.Locale | undefined {
  try {
    const locale = new Intl.Locale(tag.replaceAll("_", "-"));
    if (notLanguages.includes(locale.language)) return undefined;
    return displayName("en", locale.language) === undefined ? undefined : locale;
  } catch {
    return undefined; // a RangeError for what is no tag
  }
}

function canonicalTag(tag: string): string | undefined {
  const locale = knownLocale(tag);
  if (locale === undefined) return undefined;
  const script = locale.maximize().script;
  if (locale.language === "zh" && (script === "Hans" || script === "Hant")) return `zh-${script}`;
  const implied = new Intl.Locale(locale.language).maximize().script;
  return locale.script === implied ? locale.baseName.replace(`-${locale.script}`, "") : locale.baseName;
}

let tagsByName: ReadonlyMap<string, string> | undefined;

/** The tag of a language by its name in English, Chinese or German, in any letter case. */
export function languageByName(name: string): string | undefined {
  tagsByName ??= new Map([
    ...namedLanguages
      .split(" ")
      .flatMap((tag) =>
        (["en", "zh", "de"] as const).map((language) => [fold(languageName(tag, language)), tag] as const),
      ),
    ...Object.entries(furtherNames),
  ]);
  return tagsByName.get(fold(name));
}

function fold(name: string): string {
  return name.trim().toLowerCase().normalize("NFKC");
}

/**
 * The name of a language, as it stands in an instruction of another one: "Simplified Chinese", "简体中文",
 * "vereinfachtes Chinesisch".
 * @param tag canonical, as {@link parseLanguage} gives it
 */
export function languageName(tag: string, language: InstructionLanguage): string {
  return ownNames[tag]?.[language] ?? displayName(language, tag) ?? tag;
}

/**
 * "into" a language, in German, where the name is declined: "ins Deutsche", "ins vereinfachte Chinesisch", "auf Hindi".
 * @param tag canonical, as {@link parseLanguage} gives it
 */
export function intoGerman(tag: string): string {
  if (tag === "zh-Hans") return "ins vereinfachte Chinesisch";
  if (tag === "zh-Hant") return "ins traditionelle Chinesisch";
  const name = languageName(tag, "de");
  const declined = /^(\p{Lu}\p{L}*isch|Deutsch)( \(.*\))?$/u.exec(name);
  return declined === null ? `auf ${name}` : `ins ${declined[1]}e${declined[2] ?? ""}`;
}

/** The language of a tag without script and region: `zh` of `zh-Hant`. */
export function baseLanguage(tag: string): string {
  return new Intl.Locale(tag).language;
}

/** ISO 15924 codes of the scripts that a language is written with, by its tag. */
export function scriptsOf(tag: string): readonly string[] {
  const script = new Intl.Locale(tag).maximize().script ?? "Zyyy";
  const parts: Readonly<Record<string, readonly string[]>> = {
    ...{ Hans: ["Hani"], Hant: ["Hani"], Jpan: ["Hani", "Hira", "Kana"], Kore: ["Hang", "Hani"] },
  };
  return parts[script] ?? [script];
}
