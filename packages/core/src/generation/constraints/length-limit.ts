import { describeValue, invalidArgument } from "../../check-argument.ts";
import type { CharacterAutomaton } from "./characters/character-automaton.ts";
import { type CharacterClasses, characterClasses } from "./characters/character-classes.ts";
import { CharacterConstraint } from "./characters/character-constraint.ts";
import { charactersMatching } from "./characters/character-set.ts";
import type { Constraint } from "./constraint.ts";
import { whiteSpace } from "./word-characters.ts";

/**
 * What is counted. A word is what stands between white space and holds a letter or digit; of Chinese and Japanese, each
 * Han or Kana character is one. Thai, Lao, Khmer and Burmese put no white space between words: count their characters.
 * Characters are Unicode's code points, without white space at the beginning and the end.
 */
export type LengthUnit = "words" | "characters";

export interface LengthLimitOptions {
  readonly unit: LengthUnit;
  /** Default 0. */
  readonly least?: number | undefined;
  /** Default: no limit. */
  readonly most?: number | undefined;
}

const ideographPattern = "[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}ー々〆]";
const letterPattern = `(?!${ideographPattern})[\\p{L}\\p{N}]`;

/** Two counts fit into one state, with room to spare. */
const mostCounted = 1_000_000;

/** The length of a text, as {@link limitLength} counts it. */
export function countLength(text: string, unit: LengthUnit): number {
  if (unit === "characters") return Array.from(text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "")).length;
  const ideographs = text.match(new RegExp(ideographPattern, "gu")) ?? [];
  const runs = text.split(new RegExp(`\\p{White_Space}|${ideographPattern}`, "u"));
  const letter = new RegExp(letterPattern, "u");
  return ideographs.length + runs.filter((run) => letter.test(run)).length;
}

/**
 * Keeps a text from ending before it has `least` words or characters, and from having more than `most`. The last word
 * may be completed; then nothing but what touches it may come, and a no-break space before punctuation.
 * @throws BayLingError `argument-invalid`
 */
export function limitLength(options: LengthLimitOptions): Constraint<number> {
  if (typeof options !== "object" || options === null) throw invalidArgument("options", "an object", options);
  const { unit, least = 0, most = Infinity } = options;
  if (unit !== "words" && unit !== "characters") throw invalidArgument("unit", '"words" or "characters"', unit);
  const isCount = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= mostCounted;
  if (!isCount(least)) throw invalidArgument("least", `a count up to ${mostCounted}`, least);
  if (most !== Infinity && !isCount(most)) throw invalidArgument("most", `a count up to ${mostCounted}`, most);
  if (options.least === undefined && options.most === undefined)
    throw invalidArgument("options", "least, most or both", options);
  if (least > most) throw invalidArgument("most", `at least ${describeValue(least)}, as least says`, most);
  const bounds = [least > 0 ? `at least ${least}` : "", most < Infinity ? `at most ${most}` : ""];
  const name = `length of ${bounds.filter((bound) => bound !== "").join(" and ") || "any number of"} ${unit}`;
  return new CharacterConstraint(
    name,
    unit === "words" ? new WordCounter(least, most) : new CharacterCounter(least, most),
  );
}

const [whiteSet, ideographSet, letterSet, noBreakSet] = [0, 1, 2, 3] as const;

function lengthClasses(): CharacterClasses {
  const patterns = [ideographPattern, letterPattern, "[\\u00a0\\u202f]"];
  return characterClasses([whiteSpace(), ...patterns.map((pattern) => charactersMatching(pattern))]);
}

/** Where a text stands between words: after white space, within a run that is no word yet, within a word. */
const [gap, bare, word] = [0, 1, 2] as const;

/** A state is the number of words, no further than it matters, times 3, and where the text stands. */
class WordCounter implements CharacterAutomaton {
  readonly classes: CharacterClasses = lengthClasses();
  readonly start = 0;
  readonly #least: number;
  readonly #most: number;

  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
  }

  step(state: number, characterClass: number): number {
    const [count, place] = [Math.floor(state / 3), state % 3];
    const isFull = count === this.#most;
    if (this.classes.isIn(characterClass, whiteSet)) {
      const isAllowed = !isFull || count === 0 || (place !== gap && this.classes.isIn(characterClass, noBreakSet));
      return isAllowed ? count * 3 + gap : -1;
    }
    const isIdeograph = this.classes.isIn(characterClass, ideographSet);
    const isNew = isIdeograph || (place !== word && this.classes.isIn(characterClass, letterSet));
    if (!isNew) return place === gap ? count * 3 + bare : state;
    if (isFull) return -1;
    const next = this.#most === Infinity ? Math.min(count + 1, this.#least) : count + 1;
    return next * 3 + (isIdeograph ? bare : word);
  }

  mayEnd(state: number): boolean {
    return Math.floor(state / 3) >= this.#least;
  }

  bytesToEnd(state: number): number {
    const missing = this.#least - Math.floor(state / 3);
    if (missing <= 0) return 0;
    // A letter and a space for each.
    return 2 * missing - (state % 3 === word ? 0 : 1);
  }
}

/** A state is a number for the characters up to the last that is no white space, and the white space after it. */
class CharacterCounter implements CharacterAutomaton {
  readonly classes: CharacterClasses = lengthClasses();
  readonly start = 0;
  readonly #least: number;
  readonly #most: number;
  readonly #furthest: number;

  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
    this.#furthest = (most === Infinity ? least : most) + 1;
  }

  step(state: number, characterClass: number): number {
    const [count, white] = this.#counts(state);
    const isWhite = this.classes.isIn(characterClass, whiteSet);
    if (isWhite && count === 0) return state;
    // White space at the end does not count, but more of it than could come before a character leads nowhere.
    if (count + white + (isWhite ? 2 : 1) > this.#most) return -1;
    const limit = this.#furthest - 1;
    if (isWhite) return count * this.#furthest + Math.min(white + 1, limit);
    return Math.min(count + white + 1, limit) * this.#furthest;
  }

  mayEnd(state: number): boolean {
    return this.#counts(state)[0] >= this.#least;
  }

  bytesToEnd(state: number): number {
    const [count, white] = this.#counts(state);
    const missing = this.#least - count;
    return missing <= 0 ? 0 : Math.max(1, missing - white);
  }

  #counts(state: number): [count: number, white: number] {
    return [Math.floor(state / this.#furthest), state % this.#furthest];
  }
}
