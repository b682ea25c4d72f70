import { formatBytes } from "./numbers.ts";
import type { Terminal } from "./terminal.ts";
import { shorten, visible } from "./text-width.ts";

const eraseLine = "\r\u001b[2K";
const pause = 80;

/** One line on stderr that says how far something is. Nothing where stderr is no terminal. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #what: string;
  readonly #began = performance.now();
  #lastDrawn = -Infinity;
  #drawn = false;

  constructor(terminal: Terminal, what: string) {
    this.#terminal = terminal;
    this.#what = shorten(visible(what), 40);
  }

  /** How much of a transfer is there. */
  update(loadedBytes: number, totalBytes: number): void {
    const rate = loadedBytes / Math.max((performance.now() - this.#began) / 1000, 0.001);
    const amounts = `${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}, ${formatBytes(Math.round(rate))}/s`;
    this.draw(totalBytes === 0 ? 1 : loadedBytes / totalBytes, amounts);
  }

  /**
   * Drawn at most a dozen times a second.
   * @param share 0 … 1; undefined where nobody knows how much there is
   */
  draw(share: number | undefined, amounts: string): void {
    if (!this.#terminal.isNoteInteractive) return;
    const now = performance.now();
    if (now - this.#lastDrawn < pause) return;
    this.#lastDrawn = now;
    this.#drawn = true;
    const { paintNote } = this.#terminal;
    this.#terminal.writeNote(`${eraseLine}${this.#what} ${this.#bar(share)}${paintNote("dim", amounts)}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#drawn) this.#terminal.writeNote(eraseLine);
    this.#drawn = false;
  }

  #bar(share: number | undefined): string {
    if (share === undefined) return "";
    const { paintNote } = this.#terminal;
    const filled = Math.round(share * 20);
    const bar = paintNote("cyan", "━".repeat(filled)) + paintNote("dim", "─".repeat(20 - filled));
    return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  `;
  }
}
