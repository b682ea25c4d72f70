import type { Look } from "./paint.ts";
import type { Terminal } from "./terminal.ts";
import { printable, textWidth } from "./text-width.ts";

const segmenter = new Intl.Segmenter();

/**
 * Writes a text that comes in pieces. On a terminal, lines break between words, and nothing in the text can steer the
 * terminal; elsewhere it is written as it is.
 */
export class TextWriter {
  readonly #terminal: Terminal;
  readonly #width: number;
  /** Where the cursor is. */
  #column = 0;
  /** What stands on the line since the last space, and its width. */
  #word = "";
  #wordWidth = 0;
  #endsLine = true;

  /** @param column where the cursor is already */
  constructor(terminal: Terminal, column = 0) {
    this.#terminal = terminal;
    this.#width = terminal.width;
    this.#column = column;
  }

  /** @param look on a terminal */
  async push(text: string, look?: Look): Promise<void> {
    if (text === "") return;
    this.#endsLine = text.endsWith("\n");
    if (!this.#terminal.isInteractive) return this.#terminal.write(text);
    const wrapped = this.#wrap(printable(text));
    await this.#terminal.write(look === undefined ? wrapped : this.#terminal.paint(look, wrapped));
  }

  /** Ends the last line, unless the text did. */
  async end(): Promise<void> {
    if (!this.#endsLine || this.#column > 0) await this.#terminal.write("\n");
    this.#column = 0;
    this.#endsLine = true;
    this.#endWord();
  }

  #wrap(text: string): string {
    let written = "";
    for (const { segment } of segmenter.segment(text)) written += this.#place(segment);
    return written;
  }

  #place(character: string): string {
    if (character === "\n" || character === "\r\n") {
      this.#column = 0;
      this.#endWord();
      return "\n";
    }
    const width = character === "\t" ? 8 - (this.#column % 8) : textWidth(character);
    const isSpace = character === " " || character === "\t";
    let moved = "";
    if (this.#column + width > this.#width) {
      if (isSpace) {
        this.#column = 0;
        this.#endWord();
        return "\n";
      }
      moved = this.#breakLine();
    }
    this.#column += width;
    // CJK text has no spaces: it may break after every character.
    if (isSpace || width === 2) this.#endWord();
    else {
      this.#word += character;
      this.#wordWidth += width;
    }
    return moved + character;
  }

  /** Takes the word that does not fit to the next line; a word as long as the line is cut. */
  #breakLine(): string {
    if (this.#wordWidth >= this.#column) {
      this.#column = 0;
      this.#endWord();
      return "\n";
    }
    this.#column = this.#wordWidth;
    if (this.#wordWidth === 0) return "\n";
    return `\u001b[${this.#wordWidth}D\u001b[K\n${this.#word}`;
  }

  #endWord(): void {
    this.#word = "";
    this.#wordWidth = 0;
  }
}
