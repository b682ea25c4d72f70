/**
 * What Python's `str.split()` and `str.strip()` take for white space; JavaScript's `\s` lacks the separators of ASCII
 * and the next-line character, and has the byte order mark instead.
 */
const whitespace = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const runs = new RegExp(`[${whitespace}]+`, "u");
const single = new RegExp(`[${whitespace}]`, "gu");
const leading = new RegExp(`^[${whitespace}]+`, "u");
const trailing = new RegExp(`[${whitespace}]+$`, "u");

/** The words between white space. */
export function splitWords(text: string): string[] {
  return text.split(runs).filter((word) => word !== "");
}

export function removeWhitespace(text: string): string {
  return text.replace(single, "");
}

export function trimEnd(text: string): string {
  return text.replace(trailing, "");
}

export function trim(text: string): string {
  return trimEnd(text).replace(leading, "");
}
