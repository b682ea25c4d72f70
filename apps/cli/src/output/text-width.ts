import { stripVTControlCharacters } from "node:util";

const segmenter = new Intl.Segmenter();
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u;
const without = /^[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns that a text takes on a terminal. Escape sequences take none, CJK characters and emoji two. */
export function textWidth(text: string): number {
  const visible = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(visible)) return visible.length;
  let width = 0;
  for (const { segment } of segmenter.segment(visible)) width += wide.test(segment) ? 2 : without.test(segment) ? 0 : 1;
  return width;
}

/** Cuts a text without escape sequences to a width, with `…` at its end when something is missing. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += textWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/**
 * A text in which nothing steers the terminal: control characters, and those that turn the direction of writing, are
 * spelled as escapes. What comes from a file is never printed without this.
 */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const known: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return known[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}

/**
 * JSON in which nothing steers a terminal: what `JSON.stringify` leaves as it is of {@link visible}'s characters is
 * escaped as JSON escapes, so that a reader gets the same value.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Like {@link visible}, but for text that is to be read: line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n|\t|\r\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}
