/** Put into what only looks like the beginning of a turn: invisible, and no word of any vocabulary goes across it. */
const breaker = "\u200b";

/** What models have for marks of turns: `<|user|>`, `[INST]`, `<<SYS>>`, `<｜User｜>`. */
const bracketed: RegExp = /<{1,2}\/?[^<>\s]{1,40}>{1,2}|\[\/?[A-Z_]{2,30}\]/gu;

/** Longer ones are sentences of a system prompt. */
const longestMarker = 40;

/** Makes text harmless: whatever in it reads like one of the markers is broken, and nothing else is changed. */
export type Neutralizer = (text: string) => string;

/**
 * In a vocabulary where `### Instruction:` is mere text, a person who writes it would begin a turn. A zero-width space
 * after the first letter keeps such words readable and tells them from the template's own. How much white space is within
 * a marker makes no difference.
 */
export function neutralizerFor(markers: readonly string[]): Neutralizer {
  if (markers.length === 0) return (text) => text;
  // The longest first: `[INST] <<SYS>>` before `[INST]`.
  const sorted = [...new Set(markers)].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(sorted.map(patternOf).join("|"), "gu");
  return (text) => text.replace(pattern, (marker) => marker.replace(/\p{L}|\p{N}|^[^\p{L}\p{N}]+$/u, `$&${breaker}`));
}

function patternOf(marker: string): string {
  const words = marker.split(/\s+/u).map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&"));
  const spaced = words.join("\\s{0,8}");
  // `SUPERUSER:` is not `USER:`.
  return /^[\p{L}\p{N}]/u.test(marker) ? `(?<![\\p{L}\\p{N}])${spaced}` : spaced;
}

/**
 * What in a template's own text marks turns without being a control token.
 * @param isControl whether a spelling is a control token, which a person's words cannot become anyway
 */
export function markersIn(text: string, isControl: (spelling: string) => boolean): string[] {
  const markers: string[] = [];
  const rest = text.replace(bracketed, (spelling) => {
    if (isControl(spelling)) return "\n";
    markers.push(spelling);
    return " ";
  });
  for (const line of rest.split(/[\r\n]+/u)) {
    const marker = line.trim();
    if (marker.length <= longestMarker && /\p{L}/u.test(marker) && /[#:=*|]/u.test(marker)) markers.push(marker);
  }
  return markers;
}

/** The mark of a turn that a text begins with, white space aside. */
export function leadingMarker(text: string): string | undefined {
  const trimmed = text.trimStart();
  const match = trimmed.match(new RegExp(`^(?:${bracketed.source})`, "u"));
  return match?.[0];
}
