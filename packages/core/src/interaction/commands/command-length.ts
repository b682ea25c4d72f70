import type { LengthLimit } from "../translation-state.ts";

const units: readonly (readonly [pattern: RegExp, unit: LengthLimit["unit"]])[] = [
  [/^(?:words?|w|个?词|个?单词|個?詞|wort|wörter[n]?|worte[n]?)$/iu, "words"],
  [/^(?:characters?|chars?|c|letters?|个?字符?|個?字元?|zeichen)$/iu, "characters"],
];

/** A length with its unit, if one is named: `10`, `10 words`, `10个字`, `5-10 Wörter`. Undefined for anything else. */
export function readLength(
  text: string,
): { readonly least: number; readonly most: number; readonly unit?: LengthLimit["unit"] } | undefined {
  const found = /^(\d{1,9})(?:\s*(?:-|–|to|bis|到|至)\s*(\d{1,9}))?\s*([\p{L}]*)$/iu.exec(text.trim());
  if (found === null) return undefined;
  const [, first, second, name] = found;
  const [least, most] = [Number(first), Number(second ?? first)];
  if (name === "") return { least, most };
  const unit = units.find(([pattern]) => pattern.test(name!))?.[1];
  return unit === undefined ? undefined : { least, most, unit };
}
