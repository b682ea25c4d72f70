import { type CharacterSet, charactersMatching, differenceOf } from "./characters/character-set.ts";

/**
 * Letters of scripts that write words without spaces, and of Korean, whose nouns take their particles without one.
 * There a word is found wherever its letters are.
 */
const unspacedScripts = [
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Bopomofo",
  "Thai",
  "Lao",
  "Khmer",
  "Myanmar",
  "Tibetan",
];

export const unspacedLetters = (): CharacterSet =>
  charactersMatching(`[${unspacedScripts.map((script) => `\\p{sc=${script}}`).join("")}ー々〆]`);

let spaced: CharacterSet | undefined;

/** Letters, marks and digits of scripts that put spaces between words. */
export function spacedLetters(): CharacterSet {
  spaced ??= differenceOf(charactersMatching("[\\p{L}\\p{M}\\p{N}_]"), unspacedLetters());
  return spaced;
}

export const whiteSpace = (): CharacterSet => charactersMatching("[\\p{White_Space}]");

/** Characters that show nothing and stand within words: soft hyphen, zero width space, word joiner, byte order mark. */
export const invisibleCharacters: CharacterSet = [0xad, 0xad, 0x200b, 0x200b, 0x2060, 0x2060, 0xfeff, 0xfeff];
