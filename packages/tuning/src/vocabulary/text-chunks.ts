import { spaceMark } from "./vocabulary-pieces.ts";

/**
 * Cuts a text where no piece may reach across: in front of spaces, between scripts, around digits, marks and line breaks.
 * Ideographs and Kana are written without spaces, so their chunks are whole runs.
 */
export function textChunks(text: string): string[] {
  return `${spaceMark}${text.replaceAll(" ", spaceMark)}`.match(chunk) ?? [];
}

const unspaced = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー]";
const letters = `(?:(?!${unspaced})[\\p{L}\\p{M}])+`;

// A mark belongs to the letter in front of it. Digits stay single, so that numbers are read digit by digit. An ideograph
// behind a space is the same as one within a text.
const chunk = new RegExp(
  [
    `${spaceMark}*(?:${letters}(?:['’]${letters})*`,
    "\\p{N}",
    `(?:(?!${spaceMark})[^\\p{L}\\p{M}\\p{N}\\n])+)`,
    `${unspaced}+`,
    `${spaceMark}+`,
    "\\n",
  ].join("|"),
  "gu",
);
