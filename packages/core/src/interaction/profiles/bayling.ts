import { joinLines } from "./clean-reply.ts";
import { type TranslationProfile, taughtName } from "./translation-profile.ts";

/** What stands in the weights for names; the original puts them in after decoding. */
const placeholders: Readonly<Record<string, string>> = {
  "[NAME]": "BayLing",
  "[名字]": "百聆",
  "[INSTITUTE]": "the NLP Group of ICT/CAS",
};

/**
 * BayLing (arXiv 2306.10968): Chinese and English, German by tests. Requests are those of the scripts of the authors'
 * repository (`translate.py`, `constrained_translate.py`), in English or Chinese, as is the beam search of width 5; chats
 * are drawn at temperature 0.7. Taught acts are those that the paper's abstract and the authors' examples show.
 */
export const baylingProfile: TranslationProfile = {
  name: "bayling",
  languages: ["zh-Hans", "en", "de"],
  instructionLanguage: "en",
  follows: "acts",
  taughtActs: ["translate", "include-terms", "insert", "replace", "set-length", "shorten", "explain", "ask"],
  say({ to, source, terms = [], language }) {
    const words = terms.map(({ forms }) => forms[0]).join(", ");
    if (language === "zh") {
      const request = `提供这句话的${taughtName(to, "zh")}翻译：${source}`;
      return words === "" ? request : `${request}\n确保包含这些词：${words}`;
    }
    const request = `Provide the ${taughtName(to, "en")} translation for this sentence: ${source}`;
    return words === "" ? request : `${request}\nMake sure to include these words: ${words}`;
  },
  decoding: { beams: 5 },
  drafting: { temperature: 0.7 },
  clean(reply, source) {
    let text = reply.trim();
    if (source === undefined) return text;
    for (const [placeholder, name] of Object.entries(placeholders)) {
      if (!source.includes(placeholder)) text = text.replaceAll(placeholder, name);
    }
    // The weights spell some line breaks as a backslash and an n.
    if (!source.includes("\\n")) text = text.replaceAll("\\n", "\n");
    return source.trim().includes("\n") ? text : joinLines(text);
  },
};

/** BayLing 2 (arXiv 2411.16300): the same, in more than 100 languages. */
export const bayling2Profile: TranslationProfile = { ...baylingProfile, name: "bayling-2", languages: "any" };
