import type { Act, SayContext, Verdict } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import { allOf, fail, pass, unknown } from "../verdict.ts";
import { canonical, findTerm, foldCase } from "../verifiers/term-search.ts";
import { checkIncludes } from "../verifiers/terms.ts";
import { checkOnlyAsked } from "../verifiers/unchanged.ts";
import { isInTarget, replaceAll } from "./edits.ts";

const places = ["start", "end", "before", "after"] as const;

type Place = (typeof places)[number];

export interface InsertData {
  /** In the language of the translation word for word; in another language by its meaning. */
  readonly text: string;
  /** Default: where it fits. `before` and `after` go with an anchor. */
  readonly place?: Place | undefined;
  /** The part of the translation, or of the source, that it belongs to. */
  readonly anchor?: string | undefined;
}

const phrasings: Readonly<Record<Place | "anywhere" | "to", Phrasings>> = {
  anywhere: {
    en: [
      "Insert {text} where it fits.",
      "Please add {text} to the translation.",
      "Put {text} into the translation, in a suitable place.",
      "Can you work in {text}, leaving the rest as it is?",
      "{text} is missing. Please add it in the right place.",
      "The translation should also have {text} in it.",
    ],
    zh: [
      "在合适的地方插入{text}。",
      "请在译文中加上{text}。",
      "请把{text}加到译文的合适位置。",
      "能不能加入{text}，其他部分不变？",
      "还缺{text}，请加在合适的地方。",
      "译文里还应该有{text}。",
    ],
    de: [
      "Füge {text} an passender Stelle ein.",
      "Ergänze die Übersetzung bitte um {text}.",
      "Setz {text} an einer geeigneten Stelle in die Übersetzung.",
      "Kannst du {text} einbauen und den Rest so lassen?",
      "Es fehlt noch {text}. Bitte ergänze es an der richtigen Stelle.",
      "In der Übersetzung soll auch {text} stehen.",
    ],
  },
  to: {
    en: [
      "Add {text} to {anchor}.",
      "Please describe {anchor} further with {text}.",
      "Extend {anchor} by {text}.",
      "Can you add {text} to {anchor}, leaving the rest as it is?",
      "{text} should go with {anchor}.",
      "What is missing with {anchor} is {text}.",
    ],
    zh: [
      "为{anchor}加上{text}。",
      "请给{anchor}添加{text}。",
      "请在{anchor}那里补充{text}。",
      "能不能给{anchor}加上{text}，其他部分不变？",
      "{anchor}应该配上{text}。",
      "{anchor}还缺{text}，请补上。",
    ],
    de: [
      "Ergänze bei {anchor} {text}.",
      "Erweitere {anchor} bitte um {text}.",
      "Füge zu {anchor} noch {text} hinzu.",
      "Kannst du bei {anchor} {text} ergänzen und den Rest so lassen?",
      "Zu {anchor} gehört noch {text}.",
      "Bei {anchor} fehlt noch {text}.",
    ],
  },
  start: {
    en: [
      "Insert {text} at the beginning.",
      "Please begin the translation with {text}.",
      "Put {text} in front of the translation.",
      "Add {text} at the very start and leave the rest as it is.",
      "{text} should come first.",
      "Start with {text}, then go on as before.",
    ],
    zh: [
      "在开头插入{text}。",
      "请在译文最前面加上{text}。",
      "译文开头请加{text}。",
      "请在句首加上{text}，其他部分不变。",
      "句首还缺{text}。",
      "先写{text}，后面照旧。",
    ],
    de: [
      "Füge am Anfang {text} ein.",
      "Beginne die Übersetzung bitte mit {text}.",
      "Setz {text} vor die Übersetzung.",
      "Stell {text} ganz an den Anfang und lass den Rest, wie er ist.",
      "Zuerst soll {text} kommen.",
      "Fang mit {text} an und mach dann weiter wie bisher.",
    ],
  },
  end: {
    en: [
      "Insert {text} at the end.",
      "Please end the translation with {text}.",
      "Append {text} to the translation.",
      "Add {text} at the very end and leave the rest as it is.",
      "{text} should come last.",
      "What is missing at the end is {text}.",
    ],
    zh: [
      "在结尾插入{text}。",
      "请在译文最后加上{text}。",
      "译文末尾请加{text}。",
      "请在句末加上{text}，其他部分不变。",
      "句尾还缺{text}。",
      "最后再加上{text}。",
    ],
    de: [
      "Füge am Ende {text} ein.",
      "Beende die Übersetzung bitte mit {text}.",
      "Häng {text} an die Übersetzung an.",
      "Stell {text} ganz ans Ende und lass den Rest, wie er ist.",
      "Zuletzt soll {text} kommen.",
      "Am Ende fehlt noch {text}.",
    ],
  },
  before: {
    en: [
      "Insert {text} before {anchor}.",
      "Please put {text} in front of {anchor}.",
      "Add {text} right before {anchor}.",
      "{text} should come before {anchor}; leave the rest as it is.",
      "{text} is missing before {anchor}.",
      "Can you add {text} in front of {anchor}?",
    ],
    zh: [
      "在{anchor}前面插入{text}。",
      "请在{anchor}之前加上{text}。",
      "{anchor}前面请加{text}。",
      "请把{text}放在{anchor}之前，其他部分不变。",
      "{anchor}前面缺{text}。",
      "能不能在{anchor}前面加上{text}？",
    ],
    de: [
      "Füge {text} vor {anchor} ein.",
      "Setz bitte {text} vor {anchor}.",
      "Ergänze {text} direkt vor {anchor}.",
      "{text} soll vor {anchor} stehen; lass den Rest, wie er ist.",
      "Vor {anchor} fehlt {text}.",
      "Kannst du vor {anchor} noch {text} einfügen?",
    ],
  },
  after: {
    en: [
      "Insert {text} after {anchor}.",
      "Please put {text} behind {anchor}.",
      "Add {text} right after {anchor}.",
      "{text} should come after {anchor}; leave the rest as it is.",
      "{text} is missing after {anchor}.",
      "Can you add {text} behind {anchor}?",
    ],
    zh: [
      "在{anchor}后面插入{text}。",
      "请在{anchor}之后加上{text}。",
      "{anchor}后面请加{text}。",
      "请把{text}放在{anchor}之后，其他部分不变。",
      "{anchor}后面缺{text}。",
      "能不能在{anchor}后面加上{text}？",
    ],
    de: [
      "Füge {text} nach {anchor} ein.",
      "Setz bitte {text} hinter {anchor}.",
      "Ergänze {text} direkt nach {anchor}.",
      "{text} soll nach {anchor} stehen; lass den Rest, wie er ist.",
      "Nach {anchor} fehlt {text}.",
      "Kannst du hinter {anchor} noch {text} einfügen?",
    ],
  },
};

function phrasingsOf({ place, anchor }: InsertData): Phrasings {
  return phrasings[place ?? (anchor === undefined ? "anywhere" : "to")];
}

function sayInsert(data: InsertData, context: SayContext): string {
  const { text, anchor } = data;
  const { language } = context;
  const slots = { text: quote(text, language), anchor: anchor === undefined ? "" : quote(anchor, language) };
  return phrase(phrasingsOf(data), context, slots);
}

/** Whether a text stands where it was asked for, with nothing but spaces and marks between it and that place. */
function checkPlace(reply: string, { text, place, anchor }: InsertData): Verdict {
  if (place === undefined)
    return anchor === undefined ? pass("any place will do") : unknown("the place is not decided");
  const whole = foldCase(canonical(reply));
  const found = findTerm(whole, foldCase(canonical(text)));
  const near = anchor === undefined ? undefined : foldCase(canonical(anchor));
  if (near !== undefined && !whole.includes(near)) return unknown(`"${anchor}" is not in the reply`);
  const bare = (part: string) => part.replace(/[^\p{L}\p{M}\p{N}]+$/u, "");
  const bareStart = (part: string) => part.replace(/^[^\p{L}\p{M}\p{N}]+/u, "");
  const met = found.some(({ start, end }) => {
    if (place === "start") return bare(whole.slice(0, start)) === "";
    if (place === "end") return bareStart(whole.slice(end)) === "";
    if (place === "before") return bareStart(whole.slice(end)).startsWith(bareStart(near!));
    return bare(whole.slice(0, start)).endsWith(bare(near!));
  });
  return met ? pass("it stands where it was asked for") : fail("it does not stand where it was asked for");
}

export const insertType: ActType<InsertData> = defineAct<InsertData>({
  kind: "insert",
  replies: "translation",
  read: (fields) => {
    const text = fields.text("text");
    const place = fields.optionalChoice("place", places);
    const anchor = fields.optionalText("anchor");
    const needsAnchor = place === "before" || place === "after";
    if (needsAnchor && anchor === undefined) fields.refuse("anchor", `the text that it comes ${place}`, anchor);
    if (place !== undefined && !needsAnchor && anchor !== undefined) {
      fields.refuse("anchor", 'none, unless the place is "before" or "after"', anchor);
    }
    return { text, place, anchor };
  },
  say: sayInsert,
  forReply: ({ text }, state) =>
    isInTarget(text, state) ? { ...state, required: [...state.required, { forms: [text] }] } : state,
  verify: (data, reply, context) =>
    checkTranslation(reply, context, phrasingsOf(data), (translation) => {
      const { text } = data;
      const last = context.before.translation;
      if (!isInTarget(text, context.after)) return unknown(`"${text}" is not in the language of the translation`);
      const there = checkIncludes(translation, [text], { letterCase: data.place === "start" ? "any" : "sentence" });
      if (last === undefined) return allOf([there, checkPlace(translation, data)]);
      return allOf([
        there,
        checkPlace(translation, data),
        checkOnlyAsked(replaceAll(translation, text, ""), [replaceAll(last, text, "")]),
      ]);
    }),
});

/** Inserts a text into the translation. @throws BayLingError `argument-invalid` */
export function insert(text: string, where: Omit<InsertData, "text"> = {}): Act<InsertData> {
  return insertType.create({ ...where, text });
}
