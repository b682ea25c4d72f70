import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { intoGerman, languageName } from "../language.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { checkLanguage } from "../verifiers/language.ts";

export interface SwitchLanguageData {
  /** BCP-47. */
  readonly to: string;
}

const phrasings: Phrasings = {
  en: [
    "Now translate it into {language}.",
    "Please give me the translation in {language} instead.",
    "Translate the original text into {language}.",
    "I need it in {language}. Please translate it.",
    "And what is it in {language}?",
    "The same text in {language}, please.",
  ],
  zh: [
    "现在请翻译成{language}。",
    "请改为翻译成{language}。",
    "请把原文翻译成{language}。",
    "我需要{language}的译文，请翻译。",
    "那用{language}怎么说？",
    "同样的内容，请给出{language}译文。",
  ],
  de: [
    "Übersetze es jetzt {into}.",
    "Übersetze es bitte stattdessen {into}.",
    "Übersetze den Ausgangstext {into}.",
    "Ich brauche eine andere Zielsprache. Bitte übersetze {into}.",
    "Und wie heißt es, wenn man es {into} übersetzt?",
    "Dasselbe bitte {into}.",
  ],
};

export const switchLanguageType: ActType<SwitchLanguageData> = defineAct<SwitchLanguageData>({
  kind: "switch-language",
  replies: "translation",
  read: (fields) => ({ to: fields.language("to") }),
  say: ({ to }, context) =>
    phrase(phrasings, context, { language: languageName(to, context.language), into: intoGerman(to) }),
  // Terms, lengths and beginnings were about the other language; how to address people is about any.
  apply: ({ to }, state) =>
    to === state.to
      ? state
      : {
          ...state,
          to,
          required: [],
          forbidden: [],
          glossary: [],
          length: undefined,
          formats: undefined,
          prefix: undefined,
        },
  verify: ({ to }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) => checkLanguage(translation, to)),
});

/**
 * Asks for a translation into another language. What was asked of the words of the last one is taken back.
 * @throws BayLingError `argument-invalid`, `language-unknown`
 */
export function switchLanguage(to: string): Act<SwitchLanguageData> {
  return switchLanguageType.create({ to });
}
