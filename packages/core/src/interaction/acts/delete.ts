import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import { allOf, unknown } from "../verdict.ts";
import { contains } from "../verifiers/term-search.ts";
import { checkExcludes } from "../verifiers/terms.ts";
import { checkOnlyAsked } from "../verifiers/unchanged.ts";
import { replaceAll } from "./edits.ts";

export interface DeleteData {
  readonly text: string;
}

const phrasings: Phrasings = {
  en: [
    "Delete {text}.",
    "Please remove {text} from the translation.",
    "Leave out {text}.",
    "Take out {text} and keep everything else as it is.",
    "Drop {text} from the translation.",
    "I do not need {text} here.",
  ],
  zh: [
    "删掉{text}。",
    "请从译文中删去{text}。",
    "{text}不要了。",
    "请去掉{text}，其他部分保持不变。",
    "译文里的{text}请删除。",
    "这里不需要{text}。",
  ],
  de: [
    "Lösche {text}.",
    "Entferne bitte {text} aus der Übersetzung.",
    "Lass {text} weg.",
    "Nimm {text} heraus und lass alles andere, wie es ist.",
    "Streich {text} aus der Übersetzung.",
    "{text} brauche ich hier nicht.",
  ],
};

export const deleteType: ActType<DeleteData> = defineAct<DeleteData>({
  kind: "delete",
  replies: "translation",
  read: (fields) => ({ text: fields.text("text") }),
  say: ({ text }, context) => phrase(phrasings, context, { text: quote(text, context.language) }),
  forReply: ({ text }, state) => ({ ...state, forbidden: [...state.forbidden, { term: text }] }),
  verify: ({ text }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) => {
      const last = context.before.translation;
      const gone = checkExcludes(translation, { term: text });
      if (last === undefined || !contains(last, text)) {
        return allOf([gone, unknown(`the last translation does not have "${text}"`)]);
      }
      return allOf([gone, checkOnlyAsked(translation, [replaceAll(last, text, "")])]);
    }),
});

/** Takes a part out of the translation, wherever it stands. @throws BayLingError `argument-invalid` */
export function deleteText(text: string): Act<DeleteData> {
  return deleteType.create({ text });
}
