import { invalidArgument } from "../check-argument.ts";
import type { InstructionLanguage, SayContext } from "./act.ts";

/** At least four ways to say the same thing, with slots in braces: `Do not use {terms}.` */
export type PhrasingList = readonly [string, string, string, string, ...string[]];

export type Phrasings = Readonly<Record<InstructionLanguage, PhrasingList>>;

/** What comes into the slots. Braces in it mean nothing. */
export type Slots = Readonly<Record<string, string | number>>;

/**
 * Says something in one of its phrasings, chosen by the seed.
 * @throws BayLingError `argument-invalid` for a language without phrasings, or a seed that is no number
 */
export function phrase(phrasings: Phrasings, { language, seed }: SayContext, slots: Slots = {}): string {
  if (!Object.hasOwn(phrasings, String(language))) throw invalidArgument("language", '"en", "zh" or "de"', language);
  if (typeof seed !== "number" || !Number.isFinite(seed)) throw invalidArgument("seed", "a number", seed);
  const list = phrasings[language];
  return fill(list[spread(seed) % list.length]!, slots);
}

function fill(phrasing: string, slots: Slots): string {
  return phrasing.replace(/\{(\w+)\}/g, (slot, name: string) => String(slots[name] ?? slot));
}

/** Spreads seeds over 32 bits, so that seeds in a row choose without a pattern (the finalizer of MurmurHash3). */
function spread(seed: number): number {
  let bits = (Math.trunc(seed) ^ Math.trunc(seed / 2 ** 32)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The parts of phrasings between slots that are long enough to be recognised. */
export function fixedParts(phrasings: Phrasings): readonly string[] {
  return Object.values(phrasings)
    .flat()
    .flatMap((phrasing) => phrasing.split(/\{\w+\}/))
    .map((part) => part.trim())
    .filter((part) => part.length >= (/\p{Script=Han}/u.test(part) ? 7 : 16));
}
