import { languageName, type TranslationProfile } from "@bayling/core/interaction";
import { baseOf, languagesOf, parseLanguageCode } from "../translation/language-codes.ts";

/** Varieties that DeepL tells apart in translations only. BCP-47. */
const varieties: Readonly<Record<string, readonly string[]>> = { en: ["en-GB", "en-US"], pt: ["pt-BR", "pt-PT"] };

interface DeepLLanguage {
  /** `EN-GB` */
  readonly language: string;
  readonly name: string;
}

/** Languages to translate from, as DeepL names them: one Chinese, one English. */
export function sourceLanguages(profile: TranslationProfile): readonly DeepLLanguage[] {
  const bases = [...new Set(languagesOf(profile).map(baseOf))];
  return bases.map((tag) => ({ language: tag.toUpperCase(), name: languageName(tag, "en") }));
}

/** Languages to translate into: of some each variety. */
export function targetLanguages(profile: TranslationProfile): readonly DeepLLanguage[] {
  const tags = languagesOf(profile).flatMap((tag) => varieties[tag] ?? [tag]);
  return tags.map((tag) => ({ language: tag.toUpperCase(), name: languageName(tag, "en") }));
}

/** The base language of a code, as glossaries go by it. @throws Problem 400 that names the field */
export function glossaryLanguage(code: string, field: string): string {
  return baseOf(parseLanguageCode(code, field));
}
