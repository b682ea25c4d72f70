import type { LengthUnit } from "../../generation/constraints/length-limit.ts";
import type { InstructionLanguage } from "../act.ts";
import type { ActFields } from "../act-fields.ts";
import type { LengthLimit, TranslationState } from "../translation-state.ts";
import { usualUnit } from "../verifiers/length.ts";

const names: Readonly<Record<LengthUnit, Readonly<Record<InstructionLanguage, readonly [one: string, many: string]>>>> =
  {
    words: { en: ["word", "words"], zh: ["个词", "个词"], de: ["Wort", "Wörter"] },
    characters: { en: ["character", "characters"], zh: ["个字符", "个字符"], de: ["Zeichen", "Zeichen"] },
  };

/** A length as an instruction names it: "10 words", "10个词", "10 Wörter". */
export function describeLength(length: number, unit: LengthUnit, language: InstructionLanguage): string {
  const name = names[unit][language][length === 1 ? 0 : 1];
  return language === "zh" ? `${length}${name}` : `${length} ${name}`;
}

/** "words" or "characters", as a German dative: "mit 10 Wörtern". */
export function germanDative(length: number, unit: LengthUnit): string {
  if (unit === "characters") return `${length} Zeichen`;
  return length === 1 ? "1 Wort" : `${length} Wörtern`;
}

export function readUnit(fields: ActFields): LengthUnit | undefined {
  return fields.optionalChoice("unit", ["words", "characters"]);
}

/** The unit that was given, or the one that is carried, or that of the language. */
export function unitOf(unit: LengthUnit | undefined, state: TranslationState): LengthUnit {
  return unit ?? state.length?.unit ?? usualUnit(state.to);
}

/** A limit without the bounds that are not there; undefined where neither is. */
export function limitOf({ unit, least, most }: Partial<LengthLimit>): LengthLimit | undefined {
  if (unit === undefined || (least === undefined && most === undefined)) return undefined;
  return { unit, ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) };
}
