import { chatProfile } from "./chat.ts";
import type { TranslationProfile } from "./translation-profile.ts";

/**
 * Qwen 3 without thinking: a translation has to begin where it begins. The switch and the settings for drawing are those
 * of the model cards, which warn of greedy decoding only where the model thinks.
 */
export const qwen3Profile: TranslationProfile = {
  ...chatProfile,
  name: "qwen-3",
  variables: { enable_thinking: false },
  drafting: { temperature: 0.7, topP: 0.8, topK: 20, minP: 0 },
};
