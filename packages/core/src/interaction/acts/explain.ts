import type { Act, SayContext } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkText } from "../reply-checks.ts";
import { contains } from "../verifiers/term-search.ts";

export interface ExplainData {
  /** A part of the translation or the source, or a question. Default: the translation as a whole. */
  readonly about?: string | undefined;
}

const whole: Phrasings = {
  en: [
    "Explain your translation.",
    "Please explain the choices you made in the translation.",
    "Why did you translate it this way?",
    "Can you tell me how you arrived at this translation?",
    "I would like to understand the translation. Can you explain it?",
    "What were you thinking of when you translated this?",
  ],
  zh: [
    "请解释一下你的译文。",
    "请说明你在翻译中的选择。",
    "你为什么这样翻译？",
    "能不能讲讲你是怎么得出这个译文的？",
    "我想弄明白这个译文，能解释一下吗？",
    "翻译这句话时你是怎么考虑的？",
  ],
  de: [
    "Erkläre deine Übersetzung.",
    "Erläutere bitte die Entscheidungen, die du beim Übersetzen getroffen hast.",
    "Warum hast du es so übersetzt?",
    "Kannst du mir sagen, wie du zu dieser Übersetzung gekommen bist?",
    "Ich möchte die Übersetzung verstehen. Kannst du sie erklären?",
    "Was hast du dir bei der Übersetzung gedacht?",
  ],
};

const inTranslation: Phrasings = {
  en: [
    "Why did you write {about}?",
    "Please explain why you chose {about}.",
    "Can you explain the use of {about} in the translation?",
    "What made you use {about} here?",
    "Why is it {about} in the translation?",
    "How come you used {about}?",
  ],
  zh: [
    "你为什么用{about}？",
    "请解释为什么选择{about}。",
    "能不能说明一下译文中{about}的用法？",
    "这里用{about}是出于什么考虑？",
    "译文里为什么是{about}？",
    "怎么会用{about}呢？",
  ],
  de: [
    "Warum hast du {about} geschrieben?",
    "Erkläre bitte, warum du {about} gewählt hast.",
    "Kannst du erläutern, wie {about} in der Übersetzung gemeint ist?",
    "Was hat dich hier zu {about} bewogen?",
    "Warum steht in der Übersetzung {about}?",
    "Wie bist du auf {about} gekommen?",
  ],
};

const inSource: Phrasings = {
  en: [
    "Why did you translate {about} like that?",
    "Please explain how you translated {about}.",
    "Can you explain your translation of {about}?",
    "What was the reason for your translation of {about}?",
    "Why is {about} translated this way?",
    "What speaks for your translation of {about}?",
  ],
  zh: [
    "你为什么这样翻译{about}？",
    "请解释一下{about}的译法。",
    "能不能说明你对{about}的翻译？",
    "{about}这样翻译的理由是什么？",
    "{about}为什么这样译？",
    "{about}这么翻译有什么依据？",
  ],
  de: [
    "Warum hast du {about} so übersetzt?",
    "Erkläre bitte, wie du {about} übersetzt hast.",
    "Kannst du deine Übersetzung von {about} erläutern?",
    "Was war der Grund für deine Übersetzung von {about}?",
    "Warum ist {about} so übersetzt?",
    "Was spricht für deine Übersetzung von {about}?",
  ],
};

const question: Phrasings = {
  en: [
    "Please explain this about the translation: {question}",
    "Explain the translation to me. My question: {question}",
    "I would like an explanation: {question}",
    "About your translation, can you explain the following? {question}",
    "I have a question about the translation. {question}",
    "There is something in the translation that I do not understand: {question}",
  ],
  zh: [
    "关于译文，请解释：{question}",
    "请给我解释一下译文，我的问题是：{question}",
    "我想请你说明一下：{question}",
    "对于你的译文，能否解释以下问题？{question}",
    "我对译文有个疑问。{question}",
    "译文里有一点我不明白：{question}",
  ],
  de: [
    "Bitte erkläre mir zur Übersetzung Folgendes: {question}",
    "Erläutere mir die Übersetzung. Meine Frage: {question}",
    "Ich hätte gern eine Erklärung: {question}",
    "Kannst du zu deiner Übersetzung Folgendes erklären? {question}",
    "Ich habe eine Frage zur Übersetzung. {question}",
    "Etwas an der Übersetzung verstehe ich nicht: {question}",
  ],
};

function sayExplain({ about }: ExplainData, context: SayContext): string {
  if (about === undefined) return phrase(whole, context);
  const { state, language } = context;
  const slots = { about: quote(about, language), question: about };
  if (state.translation !== undefined && contains(state.translation, about))
    return phrase(inTranslation, context, slots);
  return phrase(contains(state.source, about) ? inSource : question, context, slots);
}

export const explainType: ActType<ExplainData> = defineAct<ExplainData>({
  kind: "explain",
  replies: "text",
  read: (fields) => ({ about: fields.optionalText("about") }),
  say: sayExplain,
  verify: (_data, reply, context) => checkText(reply, context, "whether the explanation is right cannot be decided"),
});

/** Asks why the translation is as it is. @throws BayLingError `argument-invalid` */
export function explain(about?: string): Act<ExplainData> {
  return explainType.create({ about });
}
