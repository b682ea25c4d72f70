import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkExcludes } from "../verifiers/terms.ts";
import { checkChanged } from "../verifiers/unchanged.ts";

export interface RephraseData {
  /** The part that should be said in another way. Default: all of it. */
  readonly text?: string | undefined;
}

const whole: Phrasings = {
  en: [
    "Rephrase the translation.",
    "Please say the same thing in other words.",
    "Can you word the translation differently?",
    "Give me another wording with the same meaning.",
    "Try a different way of putting it.",
    "How else could one say that?",
  ],
  zh: [
    "请换一种说法。",
    "请用别的话表达同样的意思。",
    "能不能换个方式来翻译？",
    "意思不变，请重新组织一下译文的语言。",
    "请把译文改写一下，意思保持不变。",
    "这句话还能怎么说？",
  ],
  de: [
    "Formuliere die Übersetzung um.",
    "Sag bitte dasselbe mit anderen Worten.",
    "Kannst du die Übersetzung anders formulieren?",
    "Gib mir eine andere Formulierung mit derselben Bedeutung.",
    "Versuch, es anders auszudrücken.",
    "Wie könnte man das noch sagen?",
  ],
};

const part: Phrasings = {
  en: [
    "Rephrase {text}.",
    "Please say {text} in other words.",
    "Can you word {text} differently?",
    "Find another wording for {text} with the same meaning.",
    "I do not quite like {text}. Is there another way to say it?",
    "Put {text} another way.",
  ],
  zh: [
    "请把{text}换一种说法。",
    "{text}请用别的话来表达。",
    "能不能换个方式翻译{text}？",
    "意思不变，请改写{text}这一部分。",
    "我不太喜欢{text}，有没有别的说法？",
    "{text}换个说法吧。",
  ],
  de: [
    "Formuliere {text} um.",
    "Sag {text} bitte mit anderen Worten.",
    "Kannst du {text} anders formulieren?",
    "Finde für {text} eine andere Formulierung mit derselben Bedeutung.",
    "{text} gefällt mir nicht ganz. Geht es auch anders?",
    "Drück {text} anders aus.",
  ],
};

export const rephraseType: ActType<RephraseData> = defineAct<RephraseData>({
  kind: "rephrase",
  replies: "translation",
  read: (fields) => ({ text: fields.optionalText("text") }),
  say: ({ text }, context) =>
    text === undefined ? phrase(whole, context) : phrase(part, context, { text: quote(text, context.language) }),
  forReply: ({ text }, state) =>
    text === undefined ? state : { ...state, forbidden: [...state.forbidden, { term: text }] },
  verify: ({ text }, reply, context) =>
    checkTranslation(reply, context, text === undefined ? whole : part, (translation) =>
      allOf([
        checkChanged(translation, context.before.translation),
        text === undefined
          ? unknown("whether it means the same cannot be decided")
          : allOf([checkExcludes(translation, { term: text }), unknown("whether it means the same cannot be decided")]),
      ]),
    ),
});

/** Asks for other words, for all of the translation or a part of it. @throws BayLingError `argument-invalid` */
export function rephrase(text?: string): Act<RephraseData> {
  return rephraseType.create({ text });
}
