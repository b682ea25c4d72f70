import { cleanChatReply } from "./clean-reply.ts";
import { type TranslationProfile, taughtName } from "./translation-profile.ts";

/**
 * EuroLLM Instruct 9B and 22B (Martins et al. 2025, arXiv 2506.04079): languages and system prompt by the model cards;
 * the request by that of the 1.7B.
 */
export const euroLlmProfile: TranslationProfile = {
  name: "eurollm",
  systemPrompt:
    "You are EuroLLM --- an AI assistant specialized in European languages that provides safe, educational and helpful answers.",
  languages: [
    ...["bg", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "el", "hu", "ga", "it", "lv", "lt", "mt", "pl"],
    ...[
      "pt",
      "ro",
      "sk",
      "sl",
      "es",
      "sv",
      "ar",
      "ca",
      "zh-Hans",
      "gl",
      "hi",
      "ja",
      "ko",
      "no",
      "nb",
      "ru",
      "tr",
      "uk",
    ],
  ],
  instructionLanguage: "en",
  follows: "acts",
  taughtActs: ["translate"],
  say({ from, to, source }) {
    const [source_, target] = [taughtName(from, "en"), taughtName(to, "en")];
    return `Translate the following ${source_} source text to ${target}:\n${source_}: ${source}\n${target}: `;
  },
  decoding: { beams: 1, temperature: 0 },
  drafting: { temperature: 0.7 },
  clean: cleanChatReply,
};

/** EuroLLM 1.7B Instruct (arXiv 2409.16235): its card's example has an empty turn of the system. */
export const euroLlmSmallProfile: TranslationProfile = { ...euroLlmProfile, name: "eurollm-1.7b", systemPrompt: "" };
