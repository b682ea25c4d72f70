import { createInterface, type Interface } from "node:readline";
import type { Context } from "../context.ts";
import { slashCommands } from "./slash-commands.ts";

/** Where messages come from. */
export interface MessageInput {
  /** The next message, or `undefined` at the end. @throws the signal's reason */
  next(signal: AbortSignal): Promise<string | undefined>;
  close(): void;
}

/** A person at a terminal, or lines from a pipe. */
export function openMessageInput(context: Context): MessageInput {
  return context.terminal.isInputInteractive ? new TypedMessages(context) : new PipedMessages(context);
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
  #history: string[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  async next(signal: AbortSignal): Promise<string | undefined> {
    let message = "";
    for (;;) {
      const text = await this.#read(message === "" ? "> " : "… ", signal);
      if (text === undefined) return undefined;
      const goesOn = text.endsWith("\\");
      message += goesOn ? `${text.slice(0, -1)}\n` : text;
      if (!goesOn && message.trim() !== "") return message;
    }
  }

  close(): void {}

  /** A line, or several that were pasted at once. */
  #read(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const { io, terminal } = this.#context;
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
        completer: completeCommand,
      });
      let settled = false;
      const settle = (text: string | undefined) => {
        if (settled) return;
        settled = true;
        signal.removeEventListener("abort", leave);
        readline.close();
        resolve(text);
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
        // What is pasted arrives at once: more lines, or the beginning of one, belong to this message.
        setImmediate(() => {
          if (readline.line === "") settle(lines.join("\n"));
        });
      });
      readline.on("SIGINT", leave);
      readline.on("close", leave);
      signal.addEventListener("abort", leave, { once: true });
      readline.prompt();
    });
  }
}

function completeCommand(line: string): [string[], string] {
  if (!line.startsWith("/")) return [[], line];
  const names = slashCommands.map(({ name, argument }) => (argument === undefined ? name : `${name} `));
  return [names.filter((name) => name.startsWith(line)), line];
}
