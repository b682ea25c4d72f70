import type { LengthUnit } from "../../generation/constraints/length-limit.ts";
import type { Act, SayContext } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { checkLength } from "../verifiers/length.ts";
import { describeLength, germanDative, limitOf, readUnit, unitOf } from "./length-words.ts";

export interface SetLengthData {
  /** Default: words, in languages that write them apart. */
  readonly unit?: LengthUnit | undefined;
  readonly least: number;
  /** The same as `least` for exactly so many. */
  readonly most: number;
}

const exactly: Phrasings = {
  en: [
    "Use exactly {most}.",
    "The translation should have exactly {most}.",
    "Please say it in exactly {most}.",
    "Can you translate it with {most}, no more and no fewer?",
    "It has to be {most} long, exactly.",
    "I need exactly {most} here.",
  ],
  zh: [
    "正好用{most}。",
    "译文要恰好{most}。",
    "请用正好{most}来翻译。",
    "能不能不多不少，用{most}来翻译？",
    "长度必须正好是{most}。",
    "这里需要正好{most}。",
  ],
  de: [
    "Verwende genau {most}.",
    "Die Übersetzung soll genau {most} haben.",
    "Sag es bitte mit genau {dative}.",
    "Kannst du es mit {dative} übersetzen, nicht mehr und nicht weniger?",
    "Ich brauche hier genau {most}.",
    "Es müssen genau {most} sein.",
  ],
};

const between: Phrasings = {
  en: [
    "Use between {least} and {most}.",
    "The translation should have at least {least} and at most {most}.",
    "Keep the length of the translation between {least} and {most}.",
    "Can you translate it in {least} to {most}?",
    "I need between {least} and {most} here.",
    "Aim for {least} to {most}.",
  ],
  zh: [
    "用{least}到{most}。",
    "译文至少{least}，最多{most}。",
    "请把译文长度控制在{least}到{most}之间。",
    "能不能用{least}到{most}来翻译？",
    "这里需要{least}到{most}。",
    "译文请写{least}到{most}。",
  ],
  de: [
    "Verwende {least} bis {most}.",
    "Die Übersetzung soll mindestens {least} und höchstens {most} haben.",
    "Bleib mit der Länge der Übersetzung zwischen {least} und {dative}.",
    "Kannst du es mit {least} bis {dative} übersetzen?",
    "Ich brauche hier {least} bis {most}.",
    "Schreib bitte {least} bis {most}.",
  ],
};

function sayLength({ unit, least, most }: SetLengthData, context: SayContext): string {
  const given = unitOf(unit, context.state);
  return phrase(least === most ? exactly : between, context, {
    least,
    most: describeLength(most, given, context.language),
    dative: germanDative(most, given),
  });
}

export const setLengthType: ActType<SetLengthData> = defineAct<SetLengthData>({
  kind: "set-length",
  replies: "translation",
  read: (fields) => {
    const least = fields.optionalCount("least") ?? fields.refuse("least", "a number", undefined);
    const most = fields.optionalCount("most") ?? fields.refuse("most", "a number", undefined);
    if (most < least) fields.refuse("most", `no less than least, which is ${least}`, most);
    return { unit: readUnit(fields), least, most };
  },
  say: sayLength,
  apply: ({ unit, least, most }, state) => ({ ...state, length: limitOf({ unit: unitOf(unit, state), least, most }) }),
  verify: ({ unit, least, most }, reply, context) =>
    checkTranslation(reply, context, least === most ? exactly : between, (translation) =>
      checkLength(translation, { unit: unitOf(unit, context.after), least, most }),
    ),
});

/** Asks for a length between two, or for exactly one. @throws BayLingError `argument-invalid` */
export function setLength(limit: SetLengthData): Act<SetLengthData> {
  return setLengthType.create(limit);
}
