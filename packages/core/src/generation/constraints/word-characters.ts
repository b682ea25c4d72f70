import { type CharacterSet, charactersMatching } from "./characters/character-set.ts";

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

/** To be put between the brackets of a regular expression with the flag `u`. */
export const unspacedLetterMembers: string = `${unspacedScripts.map((script) => `\\p{sc=${script}}`).join("")}ー々〆`;

const unspacedLetterPattern = `[${unspacedLetterMembers}]`;

/** A regular expression for one of {@link spacedLetters}. */
export const spacedLetterPattern: string = `(?!${unspacedLetterPattern})[\\p{L}\\p{M}\\p{N}_]`;

export const unspacedLetters = (): CharacterSet => charactersMatching(unspacedLetterPattern);

/** Letters, marks and digits of scripts that put spaces between words. */
export const spacedLetters = (): CharacterSet => charactersMatching(spacedLetterPattern);

export const whiteSpace = (): CharacterSet => charactersMatching("[\\p{White_Space}]");

/** Characters that show nothing and stand within words: soft hyphen, zero width space, word joiner, byte order mark. */
export const invisibleCharacters: CharacterSet = [0xad, 0xad, 0x200b, 0x200b, 0x2060, 0x2060, 0xfeff, 0xfeff];

/** A mark that goes with letters of any script, so that it is of the kind of the letter before it. */
const inheritingMarkPattern = "(?=\\p{M})\\p{sc=Inherited}";

export const inheritingMark: RegExp = new RegExp(`^${inheritingMarkPattern}`, "u");

export const inheritingMarks = (): CharacterSet => charactersMatching(inheritingMarkPattern);
