import type { GeneratedToken, Tokenizer } from "@bayling/core";
import { formatProbability, lookOf } from "../output/probability.ts";
import type { Terminal } from "../output/terminal.ts";
import { shorten, textWidth } from "../output/text-width.ts";
import { spellToken } from "../output/token-spelling.ts";
import type { Completion, CompletionOutput } from "./completion-output.ts";
import { noteEnd } from "./text-output.ts";

const tokenWidth = 14;

/** One line a token, as they come: id, spelling, probability, and what else could have come. */
export class LogprobTable implements CompletionOutput {
  readonly #terminal: Terminal;
  readonly #tokenizer: Tokenizer;

  constructor(terminal: Terminal, tokenizer: Tokenizer) {
    this.#terminal = terminal;
    this.#tokenizer = tokenizer;
  }

  async begin(): Promise<void> {
    const { paint } = this.#terminal;
    await this.#terminal.print(paint("dim", `${"id".padStart(7)}  ${"token".padEnd(tokenWidth)}   share  instead of`));
  }

  async token({ token, logprob = 0, alternatives = [] }: GeneratedToken): Promise<void> {
    const { paint, width } = this.#terminal;
    const spelling = this.#spell(token);
    const padding = " ".repeat(tokenWidth - textWidth(spelling));
    let line = `${paint("dim", String(token).padStart(7))}  ${paint(lookOf(logprob), spelling)}${padding}  ${paint(lookOf(logprob), formatProbability(logprob))}`;
    let used = 7 + 2 + tokenWidth + 2 + 7;
    for (const other of alternatives) {
      if (other.token === token) continue;
      const cell = `  ${this.#spell(other.token)} ${formatProbability(other.logprob).trim()}`;
      used += textWidth(cell);
      if (used > width) break;
      line += paint("dim", cell);
    }
    await this.#terminal.print(line);
  }

  async end(completion: Completion): Promise<void> {
    noteEnd(completion, this.#terminal);
  }

  async abandon(): Promise<void> {}

  #spell(token: number): string {
    return shorten(spellToken(this.#tokenizer, token), tokenWidth);
  }
}
