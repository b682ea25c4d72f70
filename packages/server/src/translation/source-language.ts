import { detectLanguage } from "@bayling/core/interaction";
import { baseOf, isSameLanguage } from "./language-codes.ts";

export interface SourceLanguage {
  /** BCP-47. */
  readonly language: string;
  /** Whether the text shows it. Otherwise it is what texts in its script are likely to be in. */
  readonly isCertain: boolean;
}

/** Scripts whose texts may be in several languages, ISO 15924. */
const scripts: readonly string[] = ["Latn", "Cyrl", "Arab", "Hani", "Deva", "Hebr", "Beng", "Ethi", "Tibt", "Mong"];

/** Characters of a text that are looked at: no text needs more to show its language, and others wait. */
const sampleLength = 20_000;

/**
 * Which language a text is in. Where it does not show, the likeliest language of its script (CLDR), and where that is
 * the one to translate into, the next likely.
 * @param to BCP-47
 */
export function findSourceLanguage(text: string, to?: string): SourceLanguage {
  const sample = text.slice(0, sampleLength);
  const detected = detectLanguage(sample);
  if (detected !== undefined) return { language: detected, isCertain: true };
  const counts = scripts.map((script) => {
    return { script, count: sample.match(new RegExp(`\\p{Script=${script}}`, "gu"))?.length ?? 0 };
  });
  const { script } = counts.reduce((most, each) => (each.count > most.count ? each : most));
  const likely = script === "Hani" ? "zh-Hans" : baseOf(new Intl.Locale(`und-${script}`).maximize().toString());
  const isTarget = to !== undefined && isSameLanguage(likely, to);
  return { language: isTarget ? (nextLikely[script] ?? "en") : likely, isCertain: false };
}

const nextLikely: Readonly<Record<string, string>> = {
  Latn: "es",
  Cyrl: "uk",
  Arab: "fa",
  Hani: "zh-Hant",
  Deva: "mr",
};
