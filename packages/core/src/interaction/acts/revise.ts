import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkChanged } from "../verifiers/unchanged.ts";

export interface ReviseData {
  /** What to do with the translation, in a person's words. */
  readonly instruction: string;
}

const phrasings: Phrasings = {
  en: [
    "{instruction}",
    "Revise the translation as follows: {instruction}",
    "Please change the translation. What I would like: {instruction}",
    "Give me the translation again, with this change: {instruction}",
    "One change to the translation, please: {instruction}",
    "I have a wish for the translation: {instruction}",
  ],
  zh: [
    "{instruction}",
    "请按以下要求修改译文：{instruction}",
    "请改一下译文，我的要求是：{instruction}",
    "请重新给出译文，并作如下修改：{instruction}",
    "请对译文作一处改动：{instruction}",
    "关于译文，我有个要求：{instruction}",
  ],
  de: [
    "{instruction}",
    "Überarbeite die Übersetzung wie folgt: {instruction}",
    "Bitte ändere die Übersetzung. Mein Wunsch: {instruction}",
    "Gib mir die Übersetzung noch einmal, mit dieser Änderung: {instruction}",
    "Bitte eine Änderung an der Übersetzung: {instruction}",
    "Ich habe einen Wunsch zur Übersetzung: {instruction}",
  ],
};

export const reviseType: ActType<ReviseData> = defineAct<ReviseData>({
  kind: "revise",
  replies: "translation",
  read: (fields) => ({ instruction: fields.text("instruction") }),
  say: ({ instruction }, context) => phrase(phrasings, context, { instruction }),
  verify: (_data, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) =>
      allOf([
        checkChanged(translation, context.before.translation),
        unknown("whether it does what the instruction says cannot be decided"),
      ]),
    ),
});

/** Changes the translation as a person says in words of their own. @throws BayLingError `argument-invalid` */
export function revise(instruction: string): Act<ReviseData> {
  return reviseType.create({ instruction });
}
