import { detectLanguage } from "@bayling/core/interaction";
import type { BitextFilter } from "./filter.ts";

export interface ScriptOptions {
  /** How much of a text has to be in the script of its language, of words and ideographs. Default 0.5. */
  readonly minimum?: number | undefined;
}

/** Texts in another script than that of their language, or too mixed; Chinese with Kana, or in the other Chinese script. */
export function scriptFilter({ minimum = 0.5 }: ScriptOptions = {}): BitextFilter {
  const check = (side: string, text: string, language: string): string | undefined => {
    const share = scriptShare(text, language);
    if (share !== undefined && share < minimum) {
      return `${Math.round(100 * share)} % of the ${side} is in the script of ${language}`;
    }
    if (!language.startsWith("zh-")) return undefined;
    const kana = text.match(/[\p{Script=Hira}\p{Script=Kana}]/gu)?.length ?? 0;
    if (kana > 0 && kana > 0.1 * text.length) return `the ${side} has Kana, so it is not ${language}`;
    const found = detectLanguage(text);
    return found?.startsWith("zh-") && found !== language ? `the ${side} is ${found}, not ${language}` : undefined;
  };
  return {
    reason: "script",
    reject: ({ source, target, sourceLanguage, targetLanguage }) =>
      check("source", source, sourceLanguage) ?? check("target", target, targetLanguage),
  };
}

const ideographs = "\\p{Script=Han}\\p{Script=Hira}\\p{Script=Kana}";
const unit = new RegExp(`[${ideographs}]|(?:(?![${ideographs}])\\p{L}\\p{M}*)+`, "gu");

/** ISO 15924 codes that stand for several scripts of Unicode. */
const scriptsOfCode: Readonly<Record<string, readonly string[]>> = {
  ...{ Hans: ["Han"], Hant: ["Han"], Jpan: ["Han", "Hira", "Kana"], Kore: ["Hang", "Han"] },
};

const patterns = new Map<string, RegExp | undefined>();

/** The pattern of a letter of a language; undefined for scripts that regular expressions do not know. */
function patternOf(language: string): RegExp | undefined {
  if (!patterns.has(language)) {
    const code = new Intl.Locale(language).maximize().script ?? "Zyyy";
    const scripts = scriptsOfCode[code] ?? [code];
    let pattern: RegExp | undefined;
    try {
      pattern = new RegExp(`^[${scripts.map((script) => `\\p{Script=${script}}`).join("")}]`, "u");
    } catch {
      pattern = undefined;
    }
    patterns.set(language, pattern);
  }
  return patterns.get(language);
}

/** Undefined where there are no letters to tell by. */
function scriptShare(text: string, language: string): number | undefined {
  const pattern = patternOf(language);
  const units = text.match(unit);
  if (pattern === undefined || units === null) return undefined;
  let own = 0;
  for (const letters of units) if (pattern.test(letters)) own++;
  return own / units.length;
}
