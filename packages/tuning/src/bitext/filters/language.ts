import { detectLanguage, languageName } from "@bayling/core/interaction";
import type { BitextFilter } from "./filter.ts";

export interface LanguageOptions {
  /**
   * A text is left out when its language's score is less than this share of the best one's. Default 0.5, which leaves
   * out 0.4 % of Tatoeba's German and English sentences, and finds 97 to 98 % of those that are the other one.
   */
  readonly minimum?: number | undefined;
}

/** How well a text fits a language, as a share of the best one's score; undefined where nothing speaks against it. */
type LanguageFit = (text: string, language: string) => { readonly share: number; readonly best: string } | undefined;

/**
 * Texts in another language than that of their pair, by eld (byte n-grams, 60 languages). Taken at its word, eld is
 * wrong about one short sentence in thirty; so the language that the pair claims counts as the likely one, and another has
 * to score twice as much.
 */
export async function languageFilter({ minimum = 0.5 }: LanguageOptions = {}): Promise<BitextFilter> {
  const fit = await loadLanguageFit();
  const check = (side: string, text: string, language: string): string | undefined => {
    const found = fit(text, language);
    if (found === undefined || found.share >= minimum) return undefined;
    return `the ${side} looks like ${languageName(found.best, "en")}, not ${languageName(language, "en")}`;
  };
  return {
    reason: "language",
    reject: ({ source, target, sourceLanguage, targetLanguage }) =>
      check("source", source, sourceLanguage) ?? check("target", target, targetLanguage),
  };
}

/** Languages whose script is theirs alone; the filter of scripts has seen to them. */
const decidedByScript = new Set("zh ja ko el he th lo ka hy km my ta te kn ml gu pa or am".split(" "));

/** eld's names for what has other ones too. */
const aliases: Readonly<Record<string, string>> = { nb: "no", nn: "no", fil: "tl", id: "ms", iw: "he" };

async function loadLanguageFit(): Promise<LanguageFit> {
  const { eld } = await import("eld/extrasmall");
  const known = new Set(Object.values(eld.info().Languages));
  return (text, tag) => {
    const base = tag.split("-", 1)[0]!;
    const language = aliases[base] ?? base;
    if (decidedByScript.has(language) || !known.has(language)) return undefined;
    // Hazard: eld fills the heap with n-grams that live until V8 collects all of it, so texts that tell by their
    // function words are not worth it.
    if (detectLanguage(text) === language) return undefined;
    const detected = eld.detect(text.length > longestText ? beginningOf(text) : text);
    const { language: best } = detected;
    // Hazard: scores cost as much as the rest, and most texts need none.
    if (best === "" || best === language) return undefined;
    const scores = detected.getScores();
    return { best, share: sum(scores[language]) / sum(scores[best]) };
  };
}

/** In UTF-16 units. More tells no more, and costs time and memory. */
const longestText = 80;

/** Whole words. */
function beginningOf(text: string): string {
  const end = text.lastIndexOf(" ", longestText);
  return text.slice(0, end === -1 ? longestText : end);
}

/** eld squeezes sums of n-gram scores into 0 to 1, as x / (x + 25). */
function sum(score = 0): number {
  return score / (1 - score);
}
