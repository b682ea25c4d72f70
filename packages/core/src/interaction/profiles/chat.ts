import type { InstructionLanguage } from "../act.ts";
import { describeTerms } from "../acts/include-terms.ts";
import { intoGerman, languageName } from "../language.ts";
import { cleanChatReply } from "./clean-reply.ts";
import type { TranslationProfile, TranslationRequest } from "./translation-profile.ts";

interface Wording {
  request(from: string, to: string): string;
  terms(list: string): string;
  readonly context: string;
  readonly contextTranslation: string;
  readonly text: string;
}

const wordings: Readonly<Record<InstructionLanguage, Wording>> = {
  en: {
    request: (from, to) =>
      `Translate the following text from ${languageName(from, "en")} into ${languageName(to, "en")}. Reply with the translation only.`,
    terms: (list) => `The translation has to include ${list}.`,
    context: "What stands before it, for context only:",
    contextTranslation: "Translation of that:",
    text: "Text to translate:",
  },
  zh: {
    request: (from, to) => `请将下面的文本从${languageName(from, "zh")}翻译成${languageName(to, "zh")}，只回复译文。`,
    terms: (list) => `译文中必须出现${list}。`,
    context: "前文，仅供参考：",
    contextTranslation: "前文的译文：",
    text: "要翻译的文本：",
  },
  de: {
    request: (from, to) =>
      `Übersetze den folgenden Text ${intoGerman(to)} (Ausgangssprache: ${languageName(from, "de")}). Antworte nur mit der Übersetzung.`,
    terms: (list) => `Die Übersetzung muss ${list} enthalten.`,
    context: "Was davor steht, nur zum Verständnis:",
    contextTranslation: "Dessen Übersetzung:",
    text: "Zu übersetzender Text:",
  },
};

function say({ from, to, source, terms = [], context = [], language = "en" }: TranslationRequest): string {
  const wording = wordings[language];
  const instruction = [wording.request(from, to)];
  if (terms.length > 0) instruction.push(wording.terms(describeTerms(terms, language)));
  const blocks = [instruction.join("\n")];
  if (context.length > 0) {
    blocks.push(
      `${wording.context}\n${context.map((segment) => segment.source).join("\n")}`,
      `${wording.contextTranslation}\n${context.map((segment) => segment.translation).join("\n")}`,
      `${wording.text}\n${source}`,
    );
  } else {
    blocks.push(source);
  }
  return blocks.join("\n\n");
}

/** Any model that follows instructions. The words are our own. */
export const chatProfile: TranslationProfile = {
  name: "chat",
  languages: "any",
  instructionLanguage: "en",
  follows: "acts",
  taughtActs: [],
  say,
  decoding: { beams: 1, temperature: 0 },
  drafting: { temperature: 0.7 },
  clean: cleanChatReply,
};
