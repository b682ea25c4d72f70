import { simplifiedOnly, traditionalOnly } from "./chinese-characters.ts";
import { languageByFunctionWords } from "./function-words.ts";
import { countScripts } from "./script-counts.ts";

/** Says which language a text is in, by tag, or undefined when it cannot tell. */
export type LanguageDetector = (text: string) => string | undefined;

/** Scripts that, in texts of today, write one language. */
const languageOfScript: Readonly<Record<string, string>> = {
  ...{ Hang: "ko", Grek: "el", Thai: "th", Laoo: "lo", Geor: "ka", Armn: "hy", Khmr: "km", Mymr: "my", Sinh: "si" },
  ...{ Taml: "ta", Telu: "te", Knda: "kn", Mlym: "ml", Gujr: "gu", Guru: "pa" },
};

/** A script has to make up this much of a text to be the text's. */
const leastShare = 0.6;

/**
 * Tells languages apart by script, the two Chinese ones by characters that only one of them has, and nine languages in
 * Latin script by their function words. Undefined where that does not decide: Russian and Bulgarian, very short texts,
 * Chinese characters that all scripts share.
 */
export const detectLanguage: LanguageDetector = (text) => {
  const counts = countScripts(text);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = (...scripts: string[]) => scripts.reduce((sum, script) => sum + (counts.get(script) ?? 0), 0) / total;
  if (total === 0) return undefined;
  const kana = share("Hira", "Kana");
  if (share("Hani", "Hira", "Kana") >= leastShare)
    return kana === 0 ? chineseScript(text) : kana > 0.15 ? "ja" : undefined;
  if (share("Latn") >= leastShare) return languageByFunctionWords(text);
  for (const [script, language] of Object.entries(languageOfScript)) if (share(script) >= leastShare) return language;
  return undefined;
};

function chineseScript(text: string): string | undefined {
  const { simplified, traditional } = chineseEvidence(text);
  if (simplified.length > 0 === traditional.length > 0) return undefined;
  return simplified.length > 0 ? "zh-Hans" : "zh-Hant";
}

/** The characters of a text that only one of the two Chinese scripts has, each once. */
export function chineseEvidence(text: string): { readonly simplified: string[]; readonly traditional: string[] } {
  const characters = [...new Set(text)];
  return {
    simplified: characters.filter((character) => simplifiedOnly.has(character)),
    traditional: characters.filter((character) => traditionalOnly.has(character)),
  };
}
