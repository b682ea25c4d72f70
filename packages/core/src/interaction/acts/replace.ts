import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import { checkReplaced, replacing } from "./edits.ts";

export interface ReplaceData {
  readonly from: string;
  readonly to: string;
}

const phrasings: Phrasings = {
  en: [
    "Replace {from} with {to}.",
    "Please change {from} to {to}.",
    "In the translation, use {to} instead of {from}.",
    "Swap {from} for {to} and leave the rest as it is.",
    "Say {to} rather than {from}.",
    "I would rather have {to} than {from} here.",
  ],
  zh: [
    "把{from}换成{to}。",
    "请将{from}改为{to}。",
    "译文中用{to}代替{from}。",
    "请把{from}替换为{to}，其他部分不变。",
    "不要说{from}，改说{to}。",
    "这里我更想用{to}，不用{from}。",
  ],
  de: [
    "Ersetze {from} durch {to}.",
    "Ändere bitte {from} in {to}.",
    "Verwende in der Übersetzung {to} statt {from}.",
    "Tausche {from} gegen {to} aus und lass den Rest, wie er ist.",
    "Sag {to} anstelle von {from}.",
    "Statt {from} hätte ich hier lieber {to}.",
  ],
};

export const replaceType: ActType<ReplaceData> = defineAct<ReplaceData>({
  kind: "replace",
  replies: "translation",
  read: (fields) => {
    const data = { from: fields.text("from"), to: fields.text("to") };
    if (data.from === data.to) fields.refuse("to", "another text than from", data.to);
    return data;
  },
  say: ({ from, to }, context) =>
    phrase(phrasings, context, { from: quote(from, context.language), to: quote(to, context.language) }),
  forReply: ({ from, to }, state) => replacing(state, from, to),
  verify: ({ from, to }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) => checkReplaced(translation, context.before, from, to)),
});

/** Replaces a part of the translation, wherever it stands, and nothing else. @throws BayLingError `argument-invalid` */
export function replace(from: string, to: string): Act<ReplaceData> {
  return replaceType.create({ from, to });
}
