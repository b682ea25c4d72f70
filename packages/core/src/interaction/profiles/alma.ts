import { lineTemplate } from "../../prompt/templates/line.ts";
import { joinLines } from "./clean-reply.ts";
import { type TranslationProfile, type TranslationRequest, taughtName } from "./translation-profile.ts";

/** Line breaks become spaces: what goes on writing lines would end its reply at the first. */
function sayInLines({ from, to, source }: TranslationRequest): string {
  const [source_, target] = [taughtName(from, "en"), taughtName(to, "en")];
  return `Translate this from ${source_} to ${target}:\n${source_}: ${joinLines(source)}\n${target}:`;
}

/**
 * ALMA and ALMA-R (Xu et al. 2024, arXiv 2309.11674, 2401.08417): request, languages and beam search of width 5 by the
 * authors' repository. No chat template, and sentences of one line.
 */
export const almaProfile: TranslationProfile = {
  name: "alma",
  template: lineTemplate,
  languages: ["en", "de", "cs", "is", "ru", "zh-Hans"],
  instructionLanguage: "en",
  follows: "translation-only",
  taughtActs: ["translate"],
  say: sayInLines,
  decoding: { beams: 5 },
  drafting: { temperature: 0.6, topP: 0.9 },
  clean: (reply) => reply.trim(),
};

/** X-ALMA (Xu et al. 2024, arXiv 2410.03115): the same request in 50 languages, within the chat template of its file. */
export const xAlmaProfile: TranslationProfile = {
  ...almaProfile,
  name: "x-alma",
  template: undefined,
  languages: [
    ...[
      "en",
      "da",
      "nl",
      "de",
      "is",
      "no",
      "nb",
      "sv",
      "af",
      "ca",
      "ro",
      "gl",
      "it",
      "pt",
      "es",
      "bg",
      "mk",
      "sr",
      "uk",
    ],
    ...[
      "ru",
      "id",
      "ms",
      "th",
      "vi",
      "mg",
      "fr",
      "hu",
      "el",
      "cs",
      "pl",
      "lt",
      "lv",
      "ka",
      "zh-Hans",
      "ja",
      "ko",
      "fi",
    ],
    ...["et", "gu", "hi", "mr", "ne", "ur", "kk", "az", "ky", "tr", "uz", "ar", "he", "fa"],
  ],
};

/** For models that were taught neither to chat nor to translate: ALMA's request is a text that they may go on with. */
export const completionProfile: TranslationProfile = {
  ...almaProfile,
  name: "completion",
  languages: "any",
  taughtActs: [],
  decoding: { beams: 1, temperature: 0 },
};
