import { countLength, type LengthUnit } from "../../generation/constraints/length-limit.ts";
import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { unknown } from "../verdict.ts";
import { checkCompared, checkLength } from "../verifiers/length.ts";
import { describeLength, germanDative, limitOf, readUnit, unitOf } from "./length-words.ts";

export interface LengthenData {
  /** Default: words, in languages that write them apart. */
  readonly unit?: LengthUnit | undefined;
  /** Carried from now on. Without it, this reply has to be longer than the last translation. */
  readonly least?: number | undefined;
}

const longer: Phrasings = {
  en: [
    "Make it longer.",
    "Please make the translation more detailed.",
    "Could you spell this out a bit more?",
    "Give me a fuller translation.",
    "That is too short. Please expand the translation.",
    "The translation may be a little longer.",
  ],
  zh: [
    "再长一点。",
    "请把译文写得更详细一些。",
    "能不能翻译得再展开一些？",
    "译文太短了，请扩充一下。",
    "请给我一个更完整的译文。",
    "译文可以再长一些。",
  ],
  de: [
    "Mach es länger.",
    "Bitte formuliere die Übersetzung ausführlicher.",
    "Kannst du das noch etwas weiter ausführen?",
    "Gib mir eine ausführlichere Übersetzung.",
    "Das ist zu kurz. Bitte erweitere die Übersetzung.",
    "Die Übersetzung darf ruhig etwas länger sein.",
  ],
};

const atLeast: Phrasings = {
  en: [
    "Use at least {length}.",
    "Expand the translation to at least {length}.",
    "The translation should have no fewer than {length}.",
    "Please do not go below {length}.",
    "Could you say it in {length} or more?",
    "I need at least {length} here.",
  ],
  zh: [
    "至少用{length}。",
    "请把译文扩展到至少{length}。",
    "译文不要少于{length}。",
    "译文长度请不低于{length}。",
    "能不能用至少{length}来翻译？",
    "这里至少需要{length}。",
  ],
  de: [
    "Verwende mindestens {length}.",
    "Erweitere die Übersetzung auf mindestens {length}.",
    "Die Übersetzung soll nicht weniger als {length} haben.",
    "Bitte schreib mindestens {length}.",
    "Kannst du es mit mindestens {dative} sagen?",
    "Ich brauche hier mindestens {length}.",
  ],
};

export const lengthenType: ActType<LengthenData> = defineAct<LengthenData>({
  kind: "lengthen",
  replies: "translation",
  read: (fields) => ({ unit: readUnit(fields), least: fields.optionalCount("least") }),
  say: ({ least, unit }, context) => {
    if (least === undefined) return phrase(longer, context);
    const given = unitOf(unit, context.state);
    const length = describeLength(least, given, context.language);
    return phrase(atLeast, context, { length, dative: germanDative(least, given) });
  },
  apply: ({ least, unit }, state) => {
    // Who asks for more takes back the most of before, where the two cannot both be met.
    if (least === undefined) return { ...state, length: limitOf({ ...state.length, most: undefined }) };
    const given = unitOf(unit, state);
    const most = state.length?.unit === given ? state.length.most : undefined;
    const kept = most !== undefined && least <= most ? most : undefined;
    return { ...state, length: limitOf({ unit: given, least, most: kept }) };
  },
  forReply: ({ least, unit }, state) => {
    if (least !== undefined || state.translation === undefined) return state;
    const given = unitOf(unit, state);
    const more = countLength(state.translation, given) + 1;
    const carried = state.length?.unit === given ? state.length.least : undefined;
    return { ...state, length: { unit: given, least: Math.max(more, carried ?? more) } };
  },
  verify: ({ least, unit }, reply, context) =>
    checkTranslation(reply, context, least === undefined ? longer : atLeast, (translation) => {
      const given = unitOf(unit, context.after);
      if (least !== undefined) return checkLength(translation, { unit: given, least });
      const { translation: last } = context.before;
      if (last === undefined) return unknown("there is no earlier translation to compare with");
      return checkCompared(translation, last, given, "longer");
    }),
});

/**
 * Asks for a longer translation; with `least`, for this and all later ones.
 * @throws BayLingError `argument-invalid`
 */
export function lengthen(limit: LengthenData = {}): Act<LengthenData> {
  return lengthenType.create(limit);
}
