import type { Terminal } from "../output/terminal.ts";
import { printable } from "../output/text-width.ts";
import type { LineOutput, LineRecord } from "./line-output.ts";

/** Translations on stdout. On a terminal, nothing in them can steer it. */
export class PlainOutput implements LineOutput {
  readonly done: readonly [] = [];
  readonly #terminal: Terminal;
  #endsLine = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async write({ written }: LineRecord): Promise<void> {
    this.#endsLine = written === "" ? this.#endsLine : written.endsWith("\n");
    await this.#terminal.write(this.#terminal.isInteractive ? printable(written) : written);
  }

  async complete(): Promise<void> {
    if (this.#terminal.isInteractive && !this.#endsLine) await this.#terminal.write("\n");
  }

  async close(): Promise<void> {}
}
