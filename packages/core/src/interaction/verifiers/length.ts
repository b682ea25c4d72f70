import { countLength, type LengthUnit } from "../../generation/constraints/length-limit.ts";
import type { Verdict } from "../act.ts";
import { baseLanguage, scriptsOf } from "../language.ts";
import type { LengthLimit } from "../translation-state.ts";
import { fail, pass } from "../verdict.ts";

/** What a length is counted in where nobody says: characters for languages that write no spaces. */
export function usualUnit(language: string): LengthUnit {
  const unspaced = new Set(["Hani", "Hira", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"]);
  return baseLanguage(language) !== "ko" && scriptsOf(language).some((script) => unspaced.has(script))
    ? "characters"
    : "words";
}

export function checkLength(reply: string, { unit, least, most }: LengthLimit): Verdict {
  const length = countLength(reply, unit);
  if (least !== undefined && length < least) return fail(`it has ${length} ${unit}, at least ${least} were asked for`);
  if (most !== undefined && length > most) return fail(`it has ${length} ${unit}, at most ${most} were asked for`);
  return pass(`it has ${length} ${unit}`);
}

/** Whether a reply is shorter, or longer, than what it takes the place of. */
export function checkCompared(reply: string, before: string, unit: LengthUnit, asked: "shorter" | "longer"): Verdict {
  const [was, is] = [countLength(before, unit), countLength(reply, unit)];
  const met = asked === "shorter" ? is < was : is > was;
  const counts = `${is} ${unit}, before ${was}`;
  return met ? pass(`it is ${asked}: ${counts}`) : fail(`it is not ${asked}: ${counts}`);
}
