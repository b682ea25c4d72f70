/** Which language tags are written in; HTML does not tell letter cases of names apart and has elements of raw text. */
export type MarkupLanguage = "html" | "xml";

/** A piece of a text with markup. All pieces together are the text. */
export interface MarkupToken {
  /** `other`: comments, CDATA sections, declarations, processing instructions, raw text such as a script's. */
  readonly kind: "text" | "opening" | "closing" | "empty" | "other";
  readonly raw: string;
  /** Of the element; in HTML in lower case. */
  readonly name: string | undefined;
}

/** The name of a tag, and what has to stand behind it. */
const tagName = /<(\/?)([\p{L}_:][\p{L}\p{N}\p{M}_:.·-]*)(?=[\s/>])/uy;

const emptyElements: ReadonlySet<string> = new Set(
  "area base br col embed hr img input link meta param source track wbr".split(" "),
);

/** Elements of HTML whose content is no markup. */
const rawElements: ReadonlySet<string> = new Set(["script", "style", "xmp", "noembed", "noframes"]);

const delimited: readonly (readonly [begin: string, end: string])[] = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
];

/**
 * Cuts a text into tags and what stands between them. A `<` that begins nothing is text: nothing is refused. Takes time
 * proportional to the length of the text, whatever it holds.
 */
export function readMarkup(text: string, language: MarkupLanguage): readonly MarkupToken[] {
  const tokens: MarkupToken[] = [];
  const ends = new MarkupEnds(text);
  let textStart = 0;
  const push = (kind: MarkupToken["kind"], start: number, end: number, name?: string) => {
    if (textStart < start) tokens.push({ kind: "text", raw: text.slice(textStart, start), name: undefined });
    if (start < end) tokens.push({ kind, raw: text.slice(start, end), name });
    textStart = end;
  };
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", Math.max(at + 1, textStart))) {
    const end = ends.otherEnd(at);
    if (end !== undefined) {
      push("other", at, end);
      continue;
    }
    tagName.lastIndex = at;
    const [, slash, written] = tagName.exec(text) ?? [];
    const tagEnd = written === undefined ? undefined : ends.tagEnd(at + 1);
    if (tagEnd === undefined) continue;
    const name = language === "html" ? written!.toLowerCase() : written!;
    const isEmpty = text[tagEnd - 2] === "/" || (language === "html" && emptyElements.has(name));
    const kind = slash === "/" ? "closing" : isEmpty ? "empty" : "opening";
    push(kind, at, tagEnd, name);
    if (kind === "opening" && language === "html" && rawElements.has(name))
      push("other", tagEnd, ends.rawEnd(name, tagEnd));
  }
  push("text", text.length, text.length);
  return tokens;
}

/** Where what begins at a place ends. Remembers what was sought in vain, so that no text is gone through twice. */
class MarkupEnds {
  readonly #text: string;
  /** By delimiter: the place from which on there is none. */
  readonly #missing = new Map<string, number>();
  /** One bit for each state of {@link tagEnd}, by place: no tag ends from there. */
  readonly #endless: Uint8Array;

  constructor(text: string) {
    this.#text = text;
    this.#endless = new Uint8Array(text.includes("<") ? text.length : 0);
  }

  otherEnd(at: number): number | undefined {
    for (const [begin, end] of delimited) {
      if (this.#text.startsWith(begin, at)) return this.#after(end, at + begin.length);
    }
    return /^<![A-Za-z]/.test(this.#text.slice(at, at + 3)) ? this.tagEnd(at + 1) : undefined;
  }

  /** Behind the `>` of a tag, whose attributes may hold others in quotes. A `<` outside of quotes is in no tag. */
  tagEnd(from: number): number | undefined {
    let quote = "";
    let at = from;
    const seen: number[] = [];
    for (; at < this.#text.length; at++) {
      const state = quote === "" ? 1 : quote === '"' ? 2 : 4;
      if ((this.#endless[at]! & state) !== 0) break;
      seen.push(state);
      const sign = this.#text[at]!;
      if (quote !== "") quote = sign === quote ? "" : quote;
      else if (sign === ">") return at + 1;
      else if (sign === "<") break;
      else if (sign === '"' || sign === "'") quote = sign;
    }
    for (const [offset, state] of seen.entries()) this.#endless[from + offset]! |= state;
    return undefined;
  }

  /** Where the raw text of an element ends: before its closing tag, or with the text. */
  rawEnd(name: string, from: number): number {
    const closing = `</${name}`;
    if (from >= (this.#missing.get(closing) ?? Infinity)) return this.#text.length;
    const found = new RegExp(`${closing}(?=[\\s/>])`, "gi");
    found.lastIndex = from;
    const end = found.exec(this.#text)?.index;
    if (end === undefined) this.#missing.set(closing, from);
    return end ?? this.#text.length;
  }

  #after(delimiter: string, from: number): number | undefined {
    if (from >= (this.#missing.get(delimiter) ?? Infinity)) return undefined;
    const found = this.#text.indexOf(delimiter, from);
    if (found >= 0) return found + delimiter.length;
    this.#missing.set(delimiter, from);
    return undefined;
  }
}

/** Whether a text is well-formed as the content of an XML element: tags nest, and no sign of markup stands alone. */
export function isWellFormedXml(text: string): boolean {
  const open: string[] = [];
  for (const { kind, raw, name } of readMarkup(text, "xml")) {
    if (kind === "text" && /<|&(?!(?:#\d+|#x[\da-fA-F]+|[\p{L}_:][\p{L}\p{N}_:.-]*);)/u.test(raw)) return false;
    if (kind === "opening") open.push(name!);
    if (kind === "closing" && open.pop() !== name) return false;
  }
  return open.length === 0;
}
