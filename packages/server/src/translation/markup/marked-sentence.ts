import type { OutlineItem } from "./markup-outline.ts";

/** What stands for a tag while its sentence is translated: short, and not to be confused with anything in the text. */
interface Mark {
  readonly raw: string;
  readonly placeholder: string;
  /** Of `closing`: the placeholder of the tag that it closes. */
  readonly opening: string | undefined;
  readonly kind: "opening" | "closing" | "mark";
  /** Before which character of the text it stands. */
  readonly offset: number;
}

/** A sentence whose tags are put away, and the way back. */
export class MarkedSentence {
  /** Without tags. */
  readonly text: string;
  /** With placeholders, `<t1>`, `</t1>` and `<t2/>`, for its tags. */
  readonly source: string;
  readonly #marks: readonly Mark[];
  readonly #name: string;

  constructor(items: readonly OutlineItem[]) {
    this.text = items.map((item) => (item.kind === "text" ? item.text : "")).join("");
    this.#name = "t";
    while (this.text.includes(`<${this.#name}`) || this.text.includes(`</${this.#name}`)) this.#name += "t";
    const marks: Mark[] = [];
    const open: string[] = [];
    let [source, offset, count] = ["", 0, 0];
    for (const item of items) {
      if (item.kind === "text") {
        source += item.text;
        offset += item.text.length;
        continue;
      }
      const kind = item.kind === "border" ? "mark" : item.kind;
      const opening = kind === "closing" ? open.pop() : undefined;
      const tag = kind === "closing" ? opening!.slice(1) : `${this.#name}${++count}`;
      const placeholder = kind === "closing" ? `</${tag}` : kind === "opening" ? `<${tag}>` : `<${tag}/>`;
      if (kind === "opening") open.push(placeholder);
      marks.push({ raw: item.raw, placeholder, opening, kind, offset });
      source += placeholder;
    }
    this.source = source;
    this.#marks = marks;
  }

  /** How many tags there are. */
  get marks(): number {
    return this.#marks.length;
  }

  /** A translation of {@link source} with the tags back in place; undefined unless each is there once and they nest. */
  restore(translation: string): readonly OutlineItem[] | undefined {
    const marks = new Map(this.#marks.map((mark) => [mark.placeholder, mark]));
    const items: OutlineItem[] = [];
    const open: string[] = [];
    for (const [index, piece] of translation.split(new RegExp(`(</?${this.#name}\\d+/?>)`)).entries()) {
      if (index % 2 === 0) {
        if (piece !== "") items.push({ kind: "text", text: piece });
        continue;
      }
      const mark = marks.get(piece);
      if (mark === undefined || !marks.delete(piece)) return undefined;
      if (mark.kind === "opening") open.push(piece);
      if (mark.kind === "closing" && open.pop() !== mark.opening) return undefined;
      items.push({ kind: mark.kind, raw: mark.raw });
    }
    return marks.size === 0 ? items : undefined;
  }

  /**
   * A translation of {@link text} with the tags put in: in the order of the source, each at the beginning of the word, or
   * if it closes something at the end of the word, that stands as far in the translation as the tag stood in the source.
   * @param language of the translation, BCP-47
   */
  place(translation: string, language: string): readonly OutlineItem[] {
    const words = wordsOf(translation, language);
    const starts = new Borders([0, ...words.map(({ start }) => start), translation.length]);
    const ends = new Borders([0, ...words.map(({ end }) => end), translation.length]);
    const items: OutlineItem[] = [];
    const textTo = (start: number, end: number) => {
      if (start < end) items.push({ kind: "text", text: translation.slice(start, end) });
    };
    let at = 0;
    for (const { kind, raw, offset } of this.#marks) {
      const borders = kind === "closing" ? ends : starts;
      const place = Math.max(at, borders.nearest((offset / this.text.length) * translation.length));
      textTo(at, place);
      at = place;
      items.push({ kind, raw });
    }
    textTo(at, translation.length);
    return items;
  }
}

/** Where words are. In windows, since the time that `Intl.Segmenter` takes grows faster than its text. */
function wordsOf(text: string, language: string): { readonly start: number; readonly end: number }[] {
  const segmenter = new Intl.Segmenter(language, { granularity: "word" });
  let offset = 0;
  return (text.match(windows) ?? []).flatMap((piece) => {
    const begin = offset;
    offset += piece.length;
    return Array.from(segmenter.segment(piece))
      .filter(({ isWordLike }) => isWordLike === true)
      .map(({ index, segment }) => ({ start: begin + index, end: begin + index + segment.length }));
  });
}

/** Up to white space, where there is some. */
const windows = /[\s\S]{1,1000}(?:\s|$)|[\s\S]{1,1000}/gu;

/** Places in rising order, asked for in rising order. */
class Borders {
  readonly #places: readonly number[];
  #next = 0;

  constructor(places: readonly number[]) {
    this.#places = places;
  }

  nearest(wanted: number): number {
    const distance = (index: number) => Math.abs(this.#places[index]! - wanted);
    while (this.#next + 1 < this.#places.length && distance(this.#next + 1) <= distance(this.#next)) this.#next++;
    return this.#places[this.#next]!;
  }
}
