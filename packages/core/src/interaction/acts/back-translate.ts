import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { intoGerman, languageName } from "../language.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkLanguage } from "../verifiers/language.ts";
import { checkNumbers } from "../verifiers/numbers.ts";
import { checkNotCopied } from "../verifiers/unchanged.ts";

const phrasings: Phrasings = {
  en: [
    "Translate your translation back into {language}.",
    "Please give me a back-translation into {language}.",
    "What does your translation say, put back into {language}?",
    "Render the translation in {language} again, so that I can check it.",
    "I want to check the translation. Please put it back into {language}.",
    "Now the other way round: translate your translation into {language}.",
  ],
  zh: [
    "请把你的译文再翻译回{language}。",
    "请给出{language}的回译。",
    "你的译文回译成{language}是什么意思？",
    "请把译文重新译成{language}，方便我核对。",
    "我想检查一下译文，请译回{language}。",
    "现在反过来，把你的译文译成{language}。",
  ],
  de: [
    "Übersetze deine Übersetzung zurück {into}.",
    "Gib mir bitte eine Rückübersetzung {into}.",
    "Was steht in deiner Übersetzung, wenn man sie zurück {into} überträgt?",
    "Übertrage die Übersetzung wieder {into}, damit ich sie prüfen kann.",
    "Ich möchte die Übersetzung prüfen. Bitte übersetze sie zurück {into}.",
    "Jetzt umgekehrt: Übersetze deine Übersetzung {into}.",
  ],
};

export const backTranslateType: ActType<Record<never, never>> = defineAct<Record<never, never>>({
  kind: "back-translate",
  replies: "text",
  read: () => ({}),
  say: (_data, context) =>
    phrase(phrasings, context, {
      language: languageName(context.state.from, context.language),
      into: intoGerman(context.state.from),
    }),
  verify: (_data, reply, context) =>
    checkTranslation(reply, context, phrasings, (text) => {
      const { from, to, translation, formats } = context.before;
      if (translation === undefined) return unknown("there is no translation to translate back");
      const numbers = checkNumbers(text, translation, { from: formats ?? to, to: from });
      return allOf([
        checkLanguage(text, from),
        checkNotCopied(text, translation),
        ...(numbers === undefined ? [] : [numbers]),
        unknown("whether it says the same as the translation cannot be decided"),
      ]);
    }),
});

/** Asks for the translation in the language of the source, to see what it says. */
export function backTranslate(): Act<Record<never, never>> {
  return backTranslateType.create({});
}
