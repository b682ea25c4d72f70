import type { TextPart } from "../tokenizer/tokenizer.ts";
import type { Neutralizer } from "./role-markers.ts";

interface Content {
  readonly text: string;
  /** White space in front of it and behind it, which templates may take away. */
  readonly before: string;
  readonly after: string;
}

/** What a template made of placeholders: its own text, trusted, and in between the numbers of contents. */
export interface Rendering {
  /** One more than `contents`. */
  readonly pieces: readonly string[];
  readonly contents: readonly number[];
}

/**
 * Stand-ins for contents, with which a template can do little but put them somewhere and trim them: a number between
 * characters that the template itself does not hold, and in place of white space at its ends a kind that it does not
 * hold either.
 */
export class JinjaPlaceholders {
  readonly #contents: Content[] = [];
  readonly #mark: string;
  readonly #space: string | undefined;

  /** @param own all text that the template itself may write */
  constructor(own: string) {
    this.#mark = firstUnused(own, 0xe000, 0xf8ff) ?? fail("it uses all private characters");
    this.#space = firstUnused(own, 0x2000, 0x200a);
  }

  /** @param verbatim the template is not to trim it */
  add(text: string, verbatim: boolean): string {
    const placeholder = `${this.#mark}${this.#contents.length}${this.#mark}`;
    if (verbatim || this.#space === undefined) {
      this.#contents.push({ text, before: "", after: "" });
      return placeholder;
    }
    const start = text.length - text.trimStart().length;
    const end = Math.max(start, text.trimEnd().length);
    const content = { text: text.slice(start, end), before: text.slice(0, start), after: text.slice(end) };
    this.#contents.push(content);
    return (content.before && this.#space) + placeholder + (content.after && this.#space);
  }

  /** @throws Error when contents were taken apart */
  split(rendered: string): Rendering {
    const fragments = rendered.split(this.#mark);
    const contents = fragments.filter((_, index) => index % 2 === 1).map(Number);
    if (fragments.length % 2 === 0 || contents.some((content) => this.#contents[content] === undefined)) {
      throw new Error("it takes messages apart");
    }
    return { pieces: fragments.filter((_, index) => index % 2 === 0), contents };
  }

  /** Contents in the places of their placeholders, as text that is not trusted. */
  fill({ pieces, contents }: Rendering, neutralize: Neutralizer): TextPart[] {
    const parts: TextPart[] = [];
    for (const [index, piece] of pieces.entries()) {
      const previous = this.#contents[contents[index - 1] ?? -1];
      const next = this.#contents[contents[index] ?? -1];
      const space = this.#space ?? "";
      const keepsAfter = previous !== undefined && previous.after !== "" && piece.startsWith(space);
      const keepsBefore = next !== undefined && next.before !== "" && piece.endsWith(space);
      const own = space === "" ? piece : piece.replaceAll(space, "");
      // White space goes with its words: it may be part of what has to be neutralized.
      if (previous !== undefined) {
        const begun = parts.pop();
        parts.push({ text: neutralize((begun?.text ?? "") + (keepsAfter ? previous.after : "")), parseSpecial: false });
      }
      parts.push({ text: own, parseSpecial: true });
      if (next !== undefined) {
        parts.push({ text: (keepsBefore ? next.before : "") + next.text, parseSpecial: false });
      }
    }
    return parts.filter(({ text }) => text !== "");
  }
}

function firstUnused(text: string, from: number, to: number): string | undefined {
  for (let code = from; code <= to; code++) {
    const character = String.fromCharCode(code);
    if (!text.includes(character)) return character;
  }
  return undefined;
}

function fail(problem: string): never {
  throw new Error(problem);
}
