import { PassThrough, Writable } from "node:stream";
import type { Io } from "../io.ts";
import { main } from "../main.ts";

export interface Situation {
  /** What is piped in, or typed. Default: nothing. */
  readonly stdin?: string | readonly string[];
  /** Which of the streams are terminals. Default: none. */
  readonly terminals?: readonly ("stdin" | "stdout" | "stderr")[];
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Called at the beginning; may interrupt later. */
  readonly onStart?: (control: Control) => void;
  /** Called after every write to stdout with all of it; may interrupt. */
  readonly onStdout?: (text: string, control: Control) => void;
  readonly onStderr?: (text: string, control: Control) => void;
}

export interface Control {
  /** Ctrl+C while the terminal is not in raw mode. */
  interrupt(): void;
  /** The system asks the program to end. */
  terminate(): void;
  /** Types on. */
  type(text: string): void;
  /** The reader of stdout goes away. */
  closeStdout(): void;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly killed: number | undefined;
}

/** Runs the program's main function among streams that look like the real ones. */
export async function runMain(argv: readonly string[], situation: Situation = {}): Promise<Outcome> {
  const { stdin = "", terminals = [], columns = 80, env = {} } = situation;
  const listeners = new Set<() => void>();
  const terminators = new Set<() => void>();
  let killed: number | undefined;
  const input = Object.assign(new PassThrough(), { isTTY: terminals.includes("stdin") });
  const control: Control = {
    interrupt: () => {
      for (const listener of [...listeners]) listener();
    },
    terminate: () => {
      for (const listener of [...terminators]) listener();
    },
    type: (text) => input.write(text),
    closeStdout: () => stdout.stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
  };
  const stdout = collector((text) => situation.onStdout?.(text, control));
  const stderr = collector((text) => situation.onStderr?.(text, control));
  Object.assign(stdout.stream, { isTTY: terminals.includes("stdout"), columns });
  Object.assign(stderr.stream, { isTTY: terminals.includes("stderr"), columns });
  const io: Io = {
    stdin: input,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onTerminate: (listener) => {
      terminators.add(listener);
      return () => terminators.delete(listener);
    },
    kill: (exitCode) => {
      killed = exitCode;
    },
  };
  for (const text of typeof stdin === "string" ? [stdin] : stdin) input.write(text);
  if (!input.isTTY) input.end();
  situation.onStart?.(control);
  const code = await main(argv, io);
  return { code, stdout: stdout.text(), stderr: stderr.text(), killed };
}

function collector(onText: (text: string) => void): { stream: Writable; text: () => string } {
  let all = "";
  const stream = new Writable({
    write: (chunk, _, done) => {
      all += String(chunk);
      done();
      onText(all);
    },
  });
  return { stream, text: () => all };
}
