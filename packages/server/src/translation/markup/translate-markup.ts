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

/** Languages that write no spaces between sentences. */
const unspaced = /^(?:zh|ja|yue|wuu|nan|th|lo|km|my)\b/;

/**
 * Translates the sentences of a text, and leaves all else where and as it is: every tag of the source comes out once, and
 * tags that nest in the source nest. Within a sentence the translator has to place what stands for its tags; where it
 * does not, the sentence is translated without them, and they are put between its words as {@link MarkedSentence.place}
 * says.
 * @param translate one sentence after the other; what looks like a tag in one has to come out once
 */
export async function translateMarkup(
  source: string,
  { markup, splitting }: TextFormat,
  languages: Languages,
  translate: (sentence: string) => Promise<string>,
): Promise<string> {
  const outline: readonly OutlineItem[] =
    markup === undefined ? [{ kind: "text", text: source }] : readOutline(source, markup);
  const write = (item: OutlineItem) => {
    if (item.kind !== "text") return item.raw;
    return markup === undefined ? item.text : encodeText(item.text, markup.language);
  };
  let written = "";
  for (const part of planSentences(outline, splitting, languages.from)) {
    if (part.kind === "sentence") {
      for (const item of await translateSentence(part.items, languages.to, translate)) written += write(item);
    } else if (part.kind === "gap") written += gapFor(part.text, languages.to);
    else written += write(part);
  }
  return written;
}

async function translateSentence(
  items: readonly OutlineItem[],
  language: string,
  translate: (sentence: string) => Promise<string>,
): Promise<readonly OutlineItem[]> {
  const sentence = new MarkedSentence(items);
  const translation = await translate(sentence.source);
  if (!sentence.hasMarks) return [{ kind: "text", text: translation }];
  return sentence.restore(translation) ?? sentence.place(await translate(sentence.text), language);
}

function gapFor(space: string, language: string): string {
  if (/[\n\r\u0085\u2028\u2029]/.test(space)) return space;
  return unspaced.test(language) ? "" : space || " ";
}
