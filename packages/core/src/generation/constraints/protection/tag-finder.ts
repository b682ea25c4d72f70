const tagStart = /<(?:\/?[A-Za-z_][\w:.-]*(?=[\s/>])|![A-Za-z])/y;

/** States of what follows the name of a tag: between attributes, or in quotes. */
const [plain, double, single] = [0, 1, 2] as const;

/** Finds tags, comments, CDATA sections, declarations and processing instructions. */
export class TagFinder {
  readonly #text: string;
  /** By state and place: set where a scan came by that found no end, so that no other has to go there again. */
  readonly #hopeless: readonly Uint8Array[];
  /** By delimiter: the place from which on there is none. */
  readonly #missing = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
    const size = text.includes("<") ? text.length : 0;
    this.#hopeless = [plain, double, single].map(() => new Uint8Array(size));
  }

  /** Where the tag that begins here ends. */
  endOf(at: number): number | undefined {
    const text = this.#text;
    if (text.startsWith("<!--", at)) return this.#after("-->", at + 4);
    if (text.startsWith("<![CDATA[", at)) return this.#after("]]>", at + 9);
    if (text.startsWith("<?", at)) return this.#after("?>", at + 2);
    tagStart.lastIndex = at;
    return tagStart.test(text) ? this.#closing(at + 1) : undefined;
  }

  #after(delimiter: string, from: number): number | undefined {
    if (from >= (this.#missing.get(delimiter) ?? Infinity)) return undefined;
    const found = this.#text.indexOf(delimiter, from);
    if (found >= 0) return found + delimiter.length;
    this.#missing.set(delimiter, from);
    return undefined;
  }

  /** The end of a tag whose attributes may hold `>` in quotes. A `<` outside of quotes ends all hope. */
  #closing(from: number): number | undefined {
    let state: 0 | 1 | 2 = plain;
    let at = from;
    const trace: [state: number, at: number][] = [];
    for (; at < this.#text.length; at++) {
      if (this.#hopeless[state]![at] === 1) break;
      trace.push([state, at]);
      const unit = this.#text[at];
      if (state === plain) {
        if (unit === ">") return at + 1;
        if (unit === "<") break;
        if (unit === '"') state = double;
        else if (unit === "'") state = single;
      } else if (unit === (state === double ? '"' : "'")) state = plain;
    }
    for (const [state, at] of trace) this.#hopeless[state]![at] = 1;
    return undefined;
  }
}
