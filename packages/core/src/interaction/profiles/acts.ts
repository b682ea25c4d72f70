import { translate } from "../acts/translate.ts";
import { createState } from "../translation-state.ts";
import { cleanChatReply } from "./clean-reply.ts";
import type { TranslationProfile } from "./translation-profile.ts";

/**
 * Models that a recipe of `@bayling/tuning` taught: requests are in the words of the act itself, and say all that is
 * carried. Languages and the language of instructions are those that the file names.
 */
export const actsProfile: TranslationProfile = {
  name: "acts",
  languages: "any",
  instructionLanguage: "en",
  follows: "acts",
  taughtActs: [],
  saysRules: true,
  say({ from, to, source, terms = [], state, language = "en" }) {
    const carried = state ?? { ...createState(from, to, source), required: terms };
    return translate().say({ language, seed: 0, state: carried });
  },
  decoding: { beams: 1, temperature: 0 },
  drafting: { temperature: 0.7 },
  clean: cleanChatReply,
};
