import { joinSegments, type TextSegment } from "@bayling/core/interaction";
import { Breath } from "../breath.ts";
import { encodeText } from "./character-references.ts";
import { MarkedSentence } from "./marked-sentence.ts";
import { type OutlineItem, type OutlineOptions, readOutline } from "./markup-outline.ts";
import { planSentences, type SentenceSplitting } from "./sentence-plan.ts";

/** What a text is written in, and where its sentences end. */
export interface TextFormat {
  /** Undefined for plain text. */
  readonly markup?: OutlineOptions | undefined;
  readonly splitting: SentenceSplitting;
}

export interface Languages {
  /** BCP-47. */
  readonly from: string;
  readonly to: string;
}

export interface SentenceTranslator {
  /** What looks like a tag has to come out once. */
  translate(sentence: string): Promise<string>;
  /** The pieces that a sentence is to be translated in: itself, where it is not too long. */
  cut(sentence: string): Iterable<TextSegment>;
}

/** Tags that decoding can hold a translator to: what that costs grows with the square of their number. */
const mostMarks = 64;

/** Languages that write no spaces between sentences. */
const unspaced = /^(?:zh|ja|yue|wuu|nan|th|lo|km|my)\b/;

/**
 * Translates the sentences of a text, and leaves all else where and as it is: every tag of the source comes out once, and
 * tags that nest in the source nest. Within a sentence the translator has to place what stands for its tags; where it
 * does not, the sentence is translated without them, and they are put between its words as {@link MarkedSentence.place}
 * says.
 * @param translator is asked for one sentence after the other. One that has to be cut, or has very many tags, is
 * translated without tags, too.
 */
export async function translateMarkup(
  source: string,
  { markup, splitting }: TextFormat,
  languages: Languages,
  translator: SentenceTranslator,
): Promise<string> {
  const outline: readonly OutlineItem[] =
    markup === undefined ? [{ kind: "text", text: source }] : readOutline(source, markup);
  const write = (item: OutlineItem) => {
    if (item.kind !== "text") return item.raw;
    return markup === undefined ? item.text : encodeText(item.text, markup.language);
  };
  const breath = new Breath();
  let written = "";
  for (const part of planSentences(outline, splitting, languages.from)) {
    const pause = breath.take();
    if (pause !== undefined) await pause;
    if (part.kind === "sentence") {
      for (const item of await translateSentence(part.items, languages.to, translator, breath)) written += write(item);
    } else if (part.kind === "gap") written += gapFor(part.text, languages.to);
    else written += write(part);
  }
  return written;
}

async function translateSentence(
  items: readonly OutlineItem[],
  language: string,
  translator: SentenceTranslator,
  breath: Breath,
): Promise<readonly OutlineItem[]> {
  const sentence = new MarkedSentence(items);
  if (sentence.marks > 0 && sentence.marks <= mostMarks && isWhole(sentence.source, translator)) {
    const restored = sentence.restore(await translator.translate(sentence.source));
    if (restored !== undefined) return restored;
  }
  const translation = await translateText(sentence.text, language, translator, breath);
  return sentence.marks === 0 ? [{ kind: "text", text: translation }] : sentence.place(translation, language);
}

function isWhole(sentence: string, { cut }: SentenceTranslator): boolean {
  for (const { text } of cut(sentence)) return text === sentence;
  return true;
}

async function translateText(
  text: string,
  language: string,
  { translate, cut }: SentenceTranslator,
  breath: Breath,
): Promise<string> {
  const segments: TextSegment[] = [];
  const translations: string[] = [];
  for (const segment of cut(text)) {
    await breath.take();
    segments.push(segment);
    translations.push(/\p{L}/u.test(segment.text) ? await translate(segment.text) : segment.text);
  }
  return segments.length === 1 ? translations[0]! : joinSegments({ lead: "", segments }, translations, language);
}

function gapFor(space: string, language: string): string {
  if (/[\n\r\u0085\u2028\u2029]/.test(space)) return space;
  return unspaced.test(language) ? "" : space || " ";
}
