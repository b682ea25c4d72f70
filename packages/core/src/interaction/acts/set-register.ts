import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import type { Register } from "../translation-state.ts";
import { checkRegister } from "../verifiers/register.ts";

export interface SetRegisterData {
  readonly register: Register;
}

const registerPhrasings: Readonly<Record<Register, Phrasings>> = {
  formal: {
    en: [
      "Make it more formal.",
      "Please use a formal register.",
      "Address the reader formally.",
      "Can you phrase the translation more politely and formally?",
      "Rewrite the translation in a formal tone.",
      "It is for somebody whom one addresses formally.",
    ],
    zh: [
      "更正式一点。",
      "请使用正式的语体。",
      "请用正式的称呼和语气来翻译。",
      "能不能把译文写得更正式、更礼貌一些？",
      "请把译文改成正式的语气。",
      "对方需要用正式的方式称呼，请改一下。",
    ],
    de: [
      "Formuliere es förmlicher.",
      "Bitte verwende eine formelle Sprache.",
      "Sprich die Leser förmlich an.",
      "Kannst du die Übersetzung höflicher und förmlicher fassen?",
      "Schreib die Übersetzung in einem formellen Ton.",
      "Es richtet sich an jemanden, den man siezt.",
    ],
  },
  informal: {
    en: [
      "Make it more informal.",
      "Please use an informal register.",
      "Address the reader informally, as one would a friend.",
      "Can you phrase the translation more casually?",
      "Rewrite the translation in a relaxed, informal tone.",
      "It is for a friend, so there is no need to be formal.",
    ],
    zh: [
      "口语化一点。",
      "请使用非正式的语体。",
      "请像对朋友说话那样来翻译。",
      "能不能把译文写得随意一些？",
      "请把译文改成轻松、非正式的语气。",
      "这是说给朋友听的，不用太正式。",
    ],
    de: [
      "Formuliere es lockerer.",
      "Bitte verwende eine informelle Sprache.",
      "Sprich die Leser so an, wie man mit Freunden redet.",
      "Kannst du die Übersetzung ungezwungener fassen?",
      "Schreib die Übersetzung in einem lockeren, informellen Ton.",
      "Es ist für einen Freund, also nicht so förmlich.",
    ],
  },
};

export const setRegisterType: ActType<SetRegisterData> = defineAct<SetRegisterData>({
  kind: "set-register",
  replies: "translation",
  read: (fields) => ({ register: fields.choice("register", ["formal", "informal"]) }),
  say: ({ register }, context) => phrase(registerPhrasings[register], context),
  apply: ({ register }, state) => ({ ...state, register }),
  verify: ({ register }, reply, context) =>
    checkTranslation(reply, context, registerPhrasings[register], (translation) =>
      checkRegister(translation, register, context.after.to),
    ),
});

/** Asks for a formal or an informal translation, this and all later ones. @throws BayLingError `argument-invalid` */
export function setRegister(register: Register): Act<SetRegisterData> {
  return setRegisterType.create({ register });
}
