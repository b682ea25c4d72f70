import { countLength, type LengthUnit } from "../../generation/constraints/length-limit.ts";
import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { unknown } from "../verdict.ts";
import { checkCompared, checkLength } from "../verifiers/length.ts";
import { describeLength, germanDative, limitOf, readUnit, unitOf } from "./length-words.ts";

export interface ShortenData {
  /** Default: words, in languages that write them apart. */
  readonly unit?: LengthUnit | undefined;
  /** Carried from now on. Without it, this reply has to be shorter than the last translation. */
  readonly most?: number | undefined;
}

const shorter: Phrasings = {
  en: [
    "Make it shorter.",
    "Please shorten the translation.",
    "Can you say this in fewer words?",
    "Give me a more concise translation.",
    "That is too long. Please tighten the translation.",
    "Could you trim the translation a little?",
  ],
  zh: [
    "再简短一点。",
    "请把译文缩短一些。",
    "能不能翻译得更简洁一些？",
    "译文太长了，请精简一下。",
    "请给我一个更短的译文。",
    "译文能不能再短些？",
  ],
  de: [
    "Mach es kürzer.",
    "Bitte kürze die Übersetzung.",
    "Kannst du das mit weniger Worten sagen?",
    "Gib mir eine knappere Übersetzung.",
    "Das ist zu lang. Bitte straffe die Übersetzung.",
    "Geht es auch etwas kürzer?",
  ],
};

const atMost: Phrasings = {
  en: [
    "Use at most {length}.",
    "Shorten the translation to at most {length}.",
    "Keep the translation to {length} or fewer.",
    "Please do not go over {length}.",
    "Could you say it in no more than {length}?",
    "There is only room for {length}.",
  ],
  zh: [
    "最多用{length}。",
    "请把译文缩短到{length}以内。",
    "译文不要超过{length}。",
    "请将译文控制在{length}以内。",
    "能不能只用不超过{length}来翻译？",
    "这里最多只放得下{length}。",
  ],
  de: [
    "Verwende höchstens {length}.",
    "Kürze die Übersetzung auf höchstens {length}.",
    "Die Übersetzung soll nicht mehr als {length} haben.",
    "Bitte bleib bei höchstens {dative}.",
    "Kannst du es mit höchstens {dative} sagen?",
    "Es ist nur Platz für {length}.",
  ],
};

export const shortenType: ActType<ShortenData> = defineAct<ShortenData>({
  kind: "shorten",
  replies: "translation",
  read: (fields) => ({ unit: readUnit(fields), most: fields.optionalCount("most") }),
  say: ({ most, unit }, context) => {
    if (most === undefined) return phrase(shorter, context);
    const given = unitOf(unit, context.state);
    const length = describeLength(most, given, context.language);
    return phrase(atMost, context, { length, dative: germanDative(most, given) });
  },
  apply: ({ most, unit }, state) => {
    // Who asks for less takes back the least of before, where the two cannot both be met.
    if (most === undefined) return { ...state, length: limitOf({ ...state.length, least: undefined }) };
    const given = unitOf(unit, state);
    const least = state.length?.unit === given ? state.length.least : undefined;
    const kept = least !== undefined && least <= most ? least : undefined;
    return { ...state, length: limitOf({ unit: given, least: kept, most }) };
  },
  forReply: ({ most, unit }, state) => {
    if (most !== undefined || state.translation === undefined) return state;
    const given = unitOf(unit, state);
    const less = countLength(state.translation, given) - 1;
    const carried = state.length?.unit === given ? state.length.most : undefined;
    return less < 1 ? state : { ...state, length: { unit: given, most: Math.min(less, carried ?? less) } };
  },
  verify: ({ most, unit }, reply, context) =>
    checkTranslation(reply, context, most === undefined ? shorter : atMost, (translation) => {
      const given = unitOf(unit, context.after);
      if (most !== undefined) return checkLength(translation, { unit: given, most });
      const { translation: last } = context.before;
      if (last === undefined) return unknown("there is no earlier translation to compare with");
      return checkCompared(translation, last, given, "shorter");
    }),
});

/**
 * Asks for a shorter translation; with `most`, for this and all later ones.
 * @throws BayLingError `argument-invalid`
 */
export function shorten(limit: ShortenData = {}): Act<ShortenData> {
  return shortenType.create(limit);
}
