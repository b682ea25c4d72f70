import type { FinishReason, GeneratedToken } from "@bayling/core";
import { formatSeconds, plural, threeDigits } from "../output/numbers.ts";
import type { Terminal } from "../output/terminal.ts";
import { TextWriter } from "../output/text-writer.ts";
import type { Completion, CompletionOutput } from "./completion-output.ts";

/** The text as it comes; on a terminal after its prompt. */
export class TextOutput implements CompletionOutput {
  readonly #terminal: Terminal;
  readonly #writer: TextWriter;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#writer = new TextWriter(terminal);
  }

  async begin(prompt: string): Promise<void> {
    if (this.#terminal.isInteractive) await this.#writer.push(prompt, "dim");
  }

  token({ text }: GeneratedToken): Promise<void> {
    return this.#writer.push(text);
  }

  async end(completion: Completion): Promise<void> {
    await this.#writer.end();
    noteEnd(completion, this.#terminal);
  }

  abandon(): Promise<void> {
    return this.#writer.end();
  }
}

const reasons: Readonly<Record<FinishReason, string>> = {
  end: "the model ended",
  stop: "a stop text came",
  length: "--max-tokens reached",
  context: "the context is full",
};

/** How it went, for a person. */
export function noteEnd({ generation, times, seed }: Completion, terminal: Terminal): void {
  if (!terminal.isNoteInteractive) return;
  const { generatedTokens } = generation.usage;
  const parts = [
    `${plural(generatedTokens, "token")} in ${formatSeconds(times.total)}`,
    `${threeDigits(times.tokensPerSecond)} tokens/s`,
    generation.finishReason === undefined ? "" : reasons[generation.finishReason],
    seed === undefined ? "" : `seed ${seed}`,
  ];
  terminal.note("", terminal.paintNote("dim", parts.filter((part) => part !== "").join(" · ")));
}
