import type { Act, SayContext, Verdict, VerifyContext } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import { allOf, unknown } from "../verdict.ts";
import { checkChanged } from "../verifiers/unchanged.ts";
import { checkReplaced, replacing } from "./edits.ts";

export interface CorrectData {
  /** The part that is wrong. Default: whatever is wrong. */
  readonly wrong?: string | undefined;
  /** What it has to be; only with `wrong`. */
  readonly right?: string | undefined;
  /** What the matter is, in a person's words. */
  readonly note?: string | undefined;
}

const general: Phrasings = {
  en: [
    "Correct the mistakes in the translation.",
    "Please check the translation for errors and fix them.",
    "There is something wrong with the translation. Please correct it.",
    "Can you proofread the translation and correct it where needed?",
    "The translation still has mistakes in it. Please go over it again.",
    "Something is not right yet. Please put it right.",
  ],
  zh: [
    "请改正译文中的错误。",
    "请检查译文，有错就改。",
    "译文有问题，请修正。",
    "能不能校对一下译文，把错误改过来？",
    "译文还有错误，请再看一遍。",
    "还有不对的地方，请改好。",
  ],
  de: [
    "Korrigiere die Fehler in der Übersetzung.",
    "Prüfe die Übersetzung bitte auf Fehler und behebe sie.",
    "Mit der Übersetzung stimmt etwas nicht. Bitte korrigiere sie.",
    "Kannst du die Übersetzung Korrektur lesen und verbessern, wo es nötig ist?",
    "In der Übersetzung sind noch Fehler. Bitte geh sie noch einmal durch.",
    "Da stimmt noch etwas nicht. Bring es bitte in Ordnung.",
  ],
};

const part: Phrasings = {
  en: [
    "{wrong} is wrong. Please correct it.",
    "There is a mistake in {wrong}. Please fix it.",
    "Please correct {wrong} in the translation.",
    "I think {wrong} is not right here. Can you correct that?",
    "{wrong} cannot be right. Please look at it again.",
    "You got {wrong} wrong. Please fix it.",
  ],
  zh: [
    "{wrong}不对，请改正。",
    "{wrong}这里有错，请修改。",
    "请改正译文中的{wrong}。",
    "我觉得{wrong}译得不对，能改一下吗？",
    "{wrong}应该不对，请再看看。",
    "{wrong}译错了，请改一下。",
  ],
  de: [
    "{wrong} ist falsch. Bitte korrigiere das.",
    "In {wrong} steckt ein Fehler. Bitte behebe ihn.",
    "Korrigiere in der Übersetzung bitte {wrong}.",
    "Ich glaube, {wrong} stimmt hier nicht. Kannst du das korrigieren?",
    "{wrong} kann nicht stimmen. Bitte sieh noch einmal nach.",
    "Bei {wrong} hast du dich vertan. Bitte verbessere es.",
  ],
};

const pair: Phrasings = {
  en: [
    "{wrong} is wrong; it should be {right}.",
    "There is a mistake: {wrong} should be {right}.",
    "Please correct {wrong} to {right}.",
    "It has to be {right}, not {wrong}. Please correct that.",
    "Not {wrong}, but {right}.",
    "I would correct {wrong} to {right}. Please do that.",
  ],
  zh: [
    "{wrong}不对，应该是{right}。",
    "这里有个错误：{wrong}应为{right}。",
    "请把{wrong}改正为{right}。",
    "应该是{right}，而不是{wrong}，请改正。",
    "不是{wrong}，是{right}。",
    "{wrong}要改成{right}。",
  ],
  de: [
    "{wrong} ist falsch; richtig ist {right}.",
    "Da ist ein Fehler: {wrong} muss {right} heißen.",
    "Korrigiere {wrong} bitte zu {right}.",
    "Es muss {right} heißen, nicht {wrong}. Bitte korrigiere das.",
    "Nicht {wrong}, sondern {right}.",
    "{wrong} muss in {right} geändert werden.",
  ],
};

const noteOnly: Phrasings = {
  en: [
    "Please correct this in the translation: {note}",
    "There is a mistake in the translation. {note}",
    "Correct the translation. The problem is this: {note}",
    "Something has to be fixed in the translation: {note}",
    "The translation is not right yet: {note}",
    "Please look at the translation again. {note}",
  ],
  zh: [
    "请改正译文中的这个问题：{note}",
    "译文有错误。{note}",
    "请修正译文，问题在于：{note}",
    "译文需要修改：{note}",
    "译文还不对：{note}",
    "请再看一下译文。{note}",
  ],
  de: [
    "Bitte korrigiere in der Übersetzung Folgendes: {note}",
    "In der Übersetzung ist ein Fehler. {note}",
    "Korrigiere die Übersetzung. Das Problem ist: {note}",
    "An der Übersetzung muss etwas verbessert werden: {note}",
    "Die Übersetzung stimmt noch nicht: {note}",
    "Bitte sieh dir die Übersetzung noch einmal an. {note}",
  ],
};

function phrasingsOf({ wrong, right, note }: CorrectData): Phrasings {
  if (wrong !== undefined) return right === undefined ? part : pair;
  return note === undefined ? general : noteOnly;
}

function sayCorrect(data: CorrectData, context: SayContext): string {
  const { wrong, right, note } = data;
  const quoted = (text: string | undefined) => (text === undefined ? "" : quote(text, context.language));
  const said = phrase(phrasingsOf(data), context, { wrong: quoted(wrong), right: quoted(right), note: note ?? "" });
  return wrong === undefined || note === undefined ? said : `${said} ${note}`;
}

function checkCorrected(reply: string, { wrong, right }: CorrectData, { before }: VerifyContext): Verdict {
  if (wrong === undefined) return unknown("whether it is correct now cannot be decided");
  if (right !== undefined) return checkReplaced(reply, before, wrong, right);
  return allOf([checkChanged(reply, before.translation), unknown("whether it is correct now cannot be decided")]);
}

export const correctType: ActType<CorrectData> = defineAct<CorrectData>({
  kind: "correct",
  replies: "translation",
  read: (fields) => {
    const data = {
      wrong: fields.optionalText("wrong"),
      right: fields.optionalText("right"),
      note: fields.optionalText("note"),
    };
    if (data.right !== undefined && data.wrong === undefined)
      fields.refuse("wrong", "the text that right is the correction of", undefined);
    if (data.right !== undefined && data.right === data.wrong)
      fields.refuse("right", "another text than wrong", data.right);
    return data;
  },
  say: sayCorrect,
  forReply: ({ wrong, right }, state) =>
    wrong === undefined || right === undefined ? state : replacing(state, wrong, right),
  verify: (data, reply, context) =>
    checkTranslation(reply, context, phrasingsOf(data), (translation) => checkCorrected(translation, data, context)),
});

/** Asks for the correction of a mistake: a given one, one that is described, or any. @throws BayLingError `argument-invalid` */
export function correct(mistake: CorrectData = {}): Act<CorrectData> {
  return correctType.create(mistake);
}
