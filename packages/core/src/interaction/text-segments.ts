/** A text cut into sentences; all of its parts together are the text. */
export interface SegmentedText {
  /** White space before the first sentence. */
  readonly lead: string;
  readonly segments: readonly TextSegment[];
}

/** A sentence, and the white space that follows it. */
export interface TextSegment {
  /** Not empty, without white space at its ends. */
  readonly text: string;
  readonly separator: string;
}

/**
 * Full stops behind these end no sentence, whatever `Intl.Segmenter` says: titles and abbreviations that stand before
 * something, in English and German.
 */
const abbreviations = new Set(
  (
    "mr mrs ms dr prof st sr jr rev gen col lt sgt capt hon gov sen rep pres messrs vs cf fig figs no nos vol vols pp ed " +
    "eds eq al approx ca dept est e.g i.e viz jan feb mar apr jun jul aug sep sept oct nov dec " +
    "hr fr frl nr bzw bspw ggf evtl inkl exkl abs art bd bde hrsg vgl sog zzgl tel str z d u o i m v a b h"
  ).split(" "),
);

/** Opening quotes and brackets, which belong to what follows. */
const opening = new Set("“‘„‚«‹「『《（([{");

/** How much of a text is looked at on either side of a border. */
const sight = 40;

const longestWindow = 4096;

/** What ends a line, or a paragraph: those of Unicode's sentence rules (UAX #29, ParaSep). */
const lineEnd = /[\n\r\u0085\u2028\u2029]/;

/** NEL is white space to Unicode, but not to JavaScript. */
const blanksBefore = /^[\s\u0085]*/;
const blank = /[\s\u0085]/;

/**
 * Sentences of a text, with its layout. A line's end always ends one. Otherwise sentences are those of `Intl.Segmenter`,
 * but for abbreviations, ordinals ("am 3. Mai") and quotes within a sentence.
 * @param language BCP-47
 */
export function segmentText(text: string, language: string): SegmentedText {
  const segments: TextSegment[] = [];
  let lead = "";
  let start = 0;
  for (const end of [...borders(text, language), text.length]) {
    const piece = text.slice(start, end);
    start = end;
    const content = trimEnd(piece.slice(blanksBefore.exec(piece)![0].length));
    const begin = content === "" ? piece.length : piece.indexOf(content);
    const last = segments.at(-1);
    if (last === undefined) lead += piece.slice(0, begin);
    else segments[segments.length - 1] = { ...last, separator: last.separator + piece.slice(0, begin) };
    if (content !== "") segments.push({ text: content, separator: piece.slice(begin + content.length) });
  }
  return { lead, segments };
}

/** Where sentences begin, but for the first. */
function borders(text: string, language: string): number[] {
  const found: number[] = [];
  let last = 0;
  for (const index of segmenterBorders(text, language)) {
    let border = index;
    while (border > last && opening.has(text[border - 1]!)) border--;
    if (border === last || continues(text, border, language)) continue;
    found.push(border);
    last = border;
  }
  return found;
}

/** Where `Intl.Segmenter` begins sentences. In windows, since the time that it takes grows faster than its text. */
function* segmenterBorders(text: string, language: string): Generator<number> {
  const segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
  let start = 0;
  let length = longestWindow;
  while (start < text.length) {
    const starts = Array.from(segmenter.segment(text.slice(start, start + length)), ({ index }) => start + index);
    const isEnd = start + length >= text.length;
    // The last sentence of a window may go on behind it.
    yield* isEnd ? starts : starts.slice(0, -1);
    if (isEnd) return;
    if (starts.length === 1) length *= 2;
    else {
      start = starts.at(-1)!;
      length = longestWindow;
    }
  }
}

/** Whether the sentence before a place goes on behind it. */
function continues(text: string, place: number, language: string): boolean {
  const whole = text.slice(Math.max(0, place - sight), place);
  const before = trimEnd(whole);
  if (lineEnd.test(whole.slice(before.length))) return false;
  // What begins in lower case goes on: "Why?" she asked.
  if (/^\s*["'”’»)\]]*\p{Ll}/u.test(text.slice(place, place + sight))) return true;
  const [, word] = /([\p{L}\p{N}.]+)\.$/u.exec(before) ?? [];
  if (word === undefined) return false;
  if (/^\p{N}{1,2}$/u.test(word)) return /^(?:de|da|nb|nn|fi|cs|sk|pl|hu|tr)\b/u.test(language);
  return /^\p{Lu}$/u.test(word) || abbreviations.has(word.toLowerCase());
}

/** Without the white space at its end. Not a pattern: one that seeks the end takes quadratic time. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && blank.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** Whether a language writes no spaces between sentences. */
function isUnspaced(language: string): boolean {
  return /^(?:zh|ja|yue|wuu|nan|th|lo|km|my)\b/u.test(language);
}

/**
 * Puts translations where their sources stood: same lines, same paragraphs; spaces between sentences as the target language
 * has them.
 * @param translations one for each segment
 * @param to BCP-47; the language of all, or of each: undefined where the source itself stands, with the space behind it
 */
export function joinSegments(
  { lead, segments }: SegmentedText,
  translations: readonly string[],
  to: string | readonly (string | undefined)[],
): string {
  const joined = segments.map(({ separator }, index) => {
    const translation = translations[index]!.trim();
    const language = typeof to === "string" ? to : to[index];
    const isKept = language === undefined || index === segments.length - 1 || lineEnd.test(separator);
    if (isKept) return translation + separator;
    return translation + (isUnspaced(language) ? "" : separator || " ");
  });
  return lead + joined.join("");
}
