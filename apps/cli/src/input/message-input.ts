import { createInterface, type Interface } from "node:readline";
import type { Context } from "../context.ts";

/** What a person can type. */
export interface InputSyntax {
  /** Stands in front of what is typed. */
  prompt(): string;
  /** Whether a line is a command: it is a message of its own then. */
  isCommand(line: string): boolean;
  /** Beginnings of lines that the Tab key completes. */
  readonly completions: readonly string[];
}

/** Where messages come from. */
export interface MessageInput {
  /** The next message, or `undefined` at the end. @throws the signal's reason */
  next(signal: AbortSignal): Promise<string | undefined>;
  close(): void;
}

/** A person at a terminal, or lines from a pipe. */
export function openMessageInput(context: Context, syntax: InputSyntax): MessageInput {
  return context.terminal.isInputInteractive ? new TypedMessages(context, syntax) : new PipedMessages(context);
}

/** One line is one message; empty lines are none. */
class PipedMessages implements MessageInput {
  readonly #lines: Interface;
  readonly #iterator: AsyncIterator<string>;

  constructor({ io }: Context) {
    this.#lines = createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    this.#iterator = this.#lines[Symbol.asyncIterator]();
  }

  async next(signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    const close = () => this.#lines.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      for (;;) {
        const { value, done } = await this.#iterator.next();
        signal.throwIfAborted();
        if (done === true) return undefined;
        if (value.trim() !== "") return value;
      }
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  close(): void {
    this.#lines.close();
  }
}

/**
 * Typed at a prompt, with history and completion of commands. The terminal is in raw mode only while a message is
 * typed: during a reply, Ctrl+C is the system's again and reaches the reply.
 */
class TypedMessages implements MessageInput {
  readonly #context: Context;
  readonly #syntax: InputSyntax;
  #history: string[] = [];
  /** Messages that arrived together with the last one. */
  readonly #waiting: string[] = [];

  constructor(context: Context, syntax: InputSyntax) {
    this.#context = context;
    this.#syntax = syntax;
  }

  async next(signal: AbortSignal): Promise<string | undefined> {
    const lines: string[] = [];
    while (this.#waiting.length === 0) {
      const read = await this.#read(lines.length === 0 ? this.#syntax.prompt() : "… ", signal);
      if (read === undefined) return undefined;
      lines.push(...read);
      if (!read.at(-1)!.endsWith("\\")) this.#waiting.push(...groupLines(lines.splice(0), this.#syntax.isCommand));
    }
    return this.#waiting.shift();
  }

  close(): void {}

  /** A line, or several that came at once; `undefined` to leave. */
  #read(prompt: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { io, terminal } = this.#context;
    const { completions } = this.#syntax;
    const output = terminal.isInteractive ? io.stdout : io.stderr;
    const paint = terminal.isInteractive ? terminal.paint : terminal.paintNote;
    return new Promise((resolve) => {
      const lines: string[] = [];
      const readline = createInterface({
        input: io.stdin,
        output,
        terminal: true,
        prompt: paint(["bold", "green"], prompt),
        history: [...this.#history],
        historySize: 200,
        removeHistoryDuplicates: true,
        completer: (line: string) => [completions.filter((completion) => completion.startsWith(line)), line],
      });
      let settled = false;
      const settle = (read: readonly string[] | undefined) => {
        if (settled) return;
        settled = true;
        signal.removeEventListener("abort", leave);
        readline.close();
        resolve(read);
      };
      const leave = () => {
        if (!settled) output.write("\n");
        settle(undefined);
      };
      readline.on("history", (history: string[]) => {
        this.#history = [...history];
      });
      readline.on("line", (line: string) => {
        lines.push(line);
        // What is pasted arrives at once: more lines, or the beginning of one, belong to it.
        setImmediate(() => {
          if (readline.line === "") settle(lines);
        });
      });
      readline.on("SIGINT", leave);
      readline.on("close", leave);
      signal.addEventListener("abort", leave, { once: true });
      readline.prompt();
    });
  }
}

/** The messages in lines that came at once: a command is one of its own, other lines belong together. */
export function groupLines(lines: readonly string[], isCommand: (line: string) => boolean): string[] {
  const messages: string[][] = [[]];
  for (const line of lines) {
    if (isCommand(line)) messages.push([line], []);
    else messages.at(-1)!.push(line);
  }
  return messages
    .map((group) => group.map((line, index) => (index < group.length - 1 ? line.replace(/\\$/, "") : line)).join("\n"))
    .filter((message) => message.trim() !== "");
}
