import { invalidArgument } from "../../check-argument.ts";
import type { Act, SayContext } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { intoGerman, languageName } from "../language.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { sayRules } from "../state-words.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkFaithful } from "../verify-state.ts";

export interface TranslateData {
  /** As it is, with its line breaks. Default: the source of the state. */
  readonly text?: string | undefined;
}

/** The text comes last, so that nothing in it can pass for the rest of the instruction. */
const plain: Phrasings = {
  en: [
    "Translate the following text into {language}: {text}",
    "Provide the {language} translation for this text: {text}",
    "Please translate this into {language}: {text}",
    "What is the {language} translation of the following text? {text}",
    "Put the following into {language}: {text}",
    "I need this text in {language}: {text}",
  ],
  zh: [
    "请把以下文本翻译成{language}：{text}",
    "提供这段话的{language}翻译：{text}",
    "请将下面的内容译成{language}：{text}",
    "下面这段话的{language}翻译是什么？{text}",
    "用{language}怎么说：{text}",
    "我需要下面这段文字的{language}译文：{text}",
  ],
  de: [
    "Übersetze den folgenden Text {into}: {text}",
    "Übertrage das Folgende bitte {into}: {text}",
    "Bitte übersetze dies {into}: {text}",
    "Wie lautet der folgende Text, wenn man ihn {into} übersetzt? {text}",
    "Gib den folgenden Text wieder, übersetzt {into}: {text}",
    "Ich brauche das Folgende übersetzt {into}: {text}",
  ],
};

const withRules: Phrasings = {
  en: [
    "Translate the text below into {language}. {rules}\n\n{text}",
    "Provide the {language} translation of the text below. {rules}\n\n{text}",
    "Please translate the text below into {language}. {rules}\n\n{text}",
    "What is the {language} translation of the text below? {rules}\n\n{text}",
  ],
  zh: [
    "请把下面的文本翻译成{language}。{rules}\n\n{text}",
    "提供下面这段话的{language}翻译。{rules}\n\n{text}",
    "请将下面的内容译成{language}。{rules}\n\n{text}",
    "下面这段话的{language}翻译是什么？{rules}\n\n{text}",
  ],
  de: [
    "Übersetze den Text unten {into}. {rules}\n\n{text}",
    "Übertrage den Text unten bitte {into}. {rules}\n\n{text}",
    "Bitte übersetze den Text unten {into}. {rules}\n\n{text}",
    "Wie lautet der Text unten, wenn man ihn {into} übersetzt? {rules}\n\n{text}",
  ],
};

function sayTranslate({ text }: TranslateData, context: SayContext): string {
  const { state, language } = context;
  const source = text ?? state.source;
  if (source.trim() === "") throw invalidArgument("text", "a text to translate", source, "translate");
  const rules = sayRules({ ...state, source }, context);
  const slots = { language: languageName(state.to, language), into: intoGerman(state.to) };
  if (rules.length > 0) {
    return phrase(withRules, context, { ...slots, rules: rules.join(language === "zh" ? "" : " "), text: source });
  }
  return phrase(plain, context, { ...slots, text: /[\n\r]/.test(source) ? `\n${source}` : source });
}

export const translateType: ActType<TranslateData> = defineAct<TranslateData>({
  kind: "translate",
  replies: "translation",
  read: (fields) => {
    if (fields.optionalText("text") === undefined) return {};
    return { text: fields.value("text") as string };
  },
  say: sayTranslate,
  apply: ({ text }, state) => (text === undefined ? state : { ...state, source: text }),
  verify: (_data, reply, context) =>
    checkTranslation(reply, context, plain, (translation) =>
      allOf([
        ...checkFaithful(translation, context.after).map(({ verdict }) => verdict),
        unknown("whether it says what the source says cannot be decided"),
      ]),
    ),
});

/** Asks for the translation of a text, with all that the state carries. @throws BayLingError `argument-invalid` */
export function translate(text?: string): Act<TranslateData> {
  return translateType.create({ text });
}
