import { type TranslationProfile, taughtName } from "./translation-profile.ts";

/**
 * TowerInstruct 7B and 13B (Alves et al. 2024, arXiv 2402.17733): request, ten languages, greedy decoding, and no system
 * prompt, by Unbabel's model cards. They say that it is no chat model. It was taught terminology too, with prompts of
 * its data set that the cards do not show, so terms are left to decoding.
 */
export const towerInstructProfile: TranslationProfile = {
  name: "tower-instruct",
  languages: ["en", "de", "fr", "es", "it", "pt", "nl", "ru", "ko", "zh-Hans"],
  instructionLanguage: "en",
  follows: "translation-only",
  taughtActs: ["translate"],
  say({ from, to, source }) {
    const [source_, target] = [taughtName(from, "en"), taughtName(to, "en")];
    return `Translate the following text from ${source_} into ${target}.\n${source_}: ${source}\n${target}:`;
  },
  decoding: { beams: 1, temperature: 0 },
  drafting: { temperature: 0.7 },
  clean: (reply) => reply.trim(),
};
