import type { GeneratedToken } from "@bayling/core";
import type { Terminal } from "../output/terminal.ts";
import type { Completion, CompletionOutput } from "./completion-output.ts";

/** One document when everything is there. */
export class JsonOutput implements CompletionOutput {
  readonly #terminal: Terminal;
  readonly #tokens: GeneratedToken[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async begin(): Promise<void> {}

  async token(token: GeneratedToken): Promise<void> {
    this.#tokens.push(inOrder(token));
  }

  async end(completion: Completion): Promise<void> {
    const { prompt, text } = completion;
    await this.#terminal.printJson({ prompt, text, ...summary(completion), tokens: this.#tokens });
  }

  async abandon(): Promise<void> {}
}

/** One object a line: every token as it comes, and at last one with `finishReason`. */
export class JsonLinesOutput implements CompletionOutput {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async begin(): Promise<void> {}

  async token(token: GeneratedToken): Promise<void> {
    await this.#terminal.printJsonLine(inOrder(token));
  }

  async end(completion: Completion): Promise<void> {
    await this.#terminal.printJsonLine(summary(completion));
  }

  async abandon(): Promise<void> {}
}

function summary({ generation, times, loadSeconds, seed }: Completion): object {
  const { finishReason, usage, hypotheses } = generation;
  return {
    finishReason,
    usage,
    seed,
    ...(hypotheses.length > 0 && { hypotheses }),
    seconds: { load: loadSeconds, firstToken: times.firstToken, total: times.total },
    tokensPerSecond: times.tokensPerSecond,
  };
}

/** For people who read JSON. */
function inOrder({ token, text, ...rest }: GeneratedToken): GeneratedToken {
  return { token, text, ...rest };
}
