import { seedXTags, seedXTemplate } from "../../prompt/templates/seed-x.ts";
import { baseLanguage } from "../language.ts";
import { type TranslationProfile, taughtName } from "./translation-profile.ts";

/**
 * Seed-X Instruct and PPO 7B (Cheng et al. 2025, arXiv 2507.13618): request with the tag of the target language, 28
 * languages, and beam search of width 4, by ByteDance's model cards. They warn of chat templates and of several rounds.
 */
export const seedXProfile: TranslationProfile = {
  name: "seed-x",
  template: seedXTemplate,
  languages: seedXTags.map((tag) => (tag === "zh" ? "zh-Hans" : tag)),
  instructionLanguage: "en",
  follows: "translation-only",
  taughtActs: ["translate"],
  say: ({ from, to, source }) =>
    `Translate the following ${taughtName(from, "en")} sentence into ${taughtName(to, "en")}:\n${source} <${baseLanguage(to)}>`,
  decoding: { beams: 4 },
  drafting: { temperature: 0.7 },
  clean: (reply) => reply.trim(),
};
