import type { Verdict } from "../act.ts";
import { chineseEvidence, detectLanguage, type LanguageDetector } from "../detect-language.ts";
import { baseLanguage, languageName, scriptsOf } from "../language.ts";
import { countScripts } from "../script-counts.ts";
import { fail, pass, unknown } from "../verdict.ts";

/** Less than this share of the right script is another language; more than the second is not decided by foreign names. */
const tooLittle = 0.15;
const enough = 0.5;

/**
 * Whether a text is in a language and its script. Scripts decide most of it; for languages that share one a detector
 * is asked, and where that does not know, neither does the check.
 * @param language canonical tag, as `parseLanguage` gives it
 */
export function checkLanguage(text: string, language: string, detect: LanguageDetector = detectLanguage): Verdict {
  const name = languageName(language, "en");
  const counts = countScripts(text);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return unknown("there are no letters that tell the language");
  const scripts = scriptsOf(language);
  const isChinese = baseLanguage(language) === "zh" && scripts[0] === "Hani";
  const kana = (counts.get("Hira") ?? 0) + (counts.get("Kana") ?? 0);
  const han = counts.get("Hani") ?? 0;
  if (isChinese && kana > 0.2 * han) return fail(`it has Kana, so it is Japanese, not ${name}`);
  const share = scripts.reduce((sum, script) => sum + (counts.get(script) ?? 0), 0) / total;
  if (share < tooLittle) return fail(`it is not in the script of ${name}`);
  if (share < enough) return unknown(`much of it is not in the script of ${name}`);
  if (isChinese) return checkChinese(text, language, kana);
  // Names and headlines in Japanese may well do without Kana.
  if (scripts.includes("Kana") && kana === 0 && han <= 10) return unknown("it has no Kana, so it may be Chinese");
  const detected = detect(text);
  if (detected === undefined) return unknown(`the script is that of ${name}, and of other languages`);
  const same = baseLanguage(detected) === baseLanguage(language);
  return same ? pass(`it is in ${name}`) : fail(`it is in ${languageName(detected, "en")}, not in ${name}`);
}

function checkChinese(text: string, language: string, kana: number): Verdict {
  const name = languageName(language, "en");
  const { simplified, traditional } = chineseEvidence(text);
  const [right, wrong] = language === "zh-Hant" ? [traditional, simplified] : [simplified, traditional];
  if (wrong.length > 0) return fail(`${wrong.slice(0, 5).join(", ")} ${wrong.length === 1 ? "is" : "are"} not ${name}`);
  if (kana > 0) return unknown("it has a few Kana characters");
  return right.length > 0 ? pass(`it is in ${name}`) : unknown("both Chinese scripts write it the same way");
}
