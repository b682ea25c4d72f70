import type { SegmentedText, TextSegment } from "./text-segments.ts";

/** Where a sentence is cut if it has to be: behind what ends a clause, or at white space. */
const clauseEnd = /[,;:)\]}»”’…，；：、。！？）】」』—–]\s*/gu;
const whiteSpace = /\s+/gu;

/** Characters of a token that are looked at, so that the time does not grow with the square of a text. */
const sight = 16;

/**
 * Cuts sentences that are too long for a model, such as lists without full stops, into pieces that are not: behind a
 * clause, else between words, else between characters. All parts together are still the text.
 * @param longest tokens that a piece may have, at least 1
 * @param count tokens of a text
 */
export function fitSegments(
  { lead, segments }: SegmentedText,
  longest: number,
  count: (text: string) => number,
): SegmentedText {
  return { lead, segments: segments.flatMap((segment) => [...cutSentence(segment, longest, count)]) };
}

/**
 * The pieces of one sentence, as {@link fitSegments} has them; each is looked for when it is asked for.
 * @param longest tokens that a piece may have, at least 1
 * @param count tokens of a text
 */
export function* cutSentence(
  segment: TextSegment,
  longest: number,
  count: (text: string) => number,
): Generator<TextSegment, void, undefined> {
  let { text } = segment;
  for (;;) {
    const seen = text.slice(0, sight * longest);
    const tokens = count(seen);
    if (seen === text && tokens <= longest) break;
    let end = placeToCut(text, Math.min(seen.length, Math.ceil((seen.length * longest) / tokens)));
    // Some parts of a text have more tokens than others.
    while (count(text.slice(0, end)) > longest) {
      const shorter = placeToCut(text, Math.ceil(end / 2));
      if (shorter >= end) break;
      end = shorter;
    }
    if (end === text.length) break;
    const piece = text.slice(0, end);
    const content = piece.trimEnd();
    yield { text: content, separator: piece.slice(content.length) };
    text = text.slice(end);
  }
  yield { text, separator: segment.separator };
}

/** The best place at or before `most` characters, never within white space; behind the first character at least. */
function placeToCut(text: string, most: number): number {
  const window = text.slice(0, most + 1);
  for (const border of [clauseEnd, whiteSpace]) {
    let best = 0;
    for (const { index, 0: found } of window.matchAll(border)) {
      const end = index + found.length;
      if (end <= most && end < text.length) best = end;
    }
    if (best > most / 3) return best;
  }
  let end = Math.max(1, Math.min(most, text.length));
  // Not within a character, nor between it and what belongs to it.
  while (end < text.length && /^(?:[\p{M}\s\udc00-\udfff]|\u200d)/u.test(text.slice(end, end + 2))) end++;
  return end;
}
