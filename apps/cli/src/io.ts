import type { Readable, Writable } from "node:stream";

/** A stream that may be a terminal; `process.stdout` is one. */
export type OutputStream = Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };
export type InputStream = Readable & { readonly isTTY?: boolean | undefined };

/** Everything outside the program that it touches, so that tests can stand in for it. */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` for every interrupt (Ctrl+C) until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** The same for the wish of a system that the program end (SIGTERM). */
  onTerminate(listener: () => void): () => void;
  /** Ends the program at once, whatever it is doing. */
  kill(exitCode: number): void;
}

/** The real thing. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onInterrupt: (listener) => {
      process.on("SIGINT", listener);
      return () => process.off("SIGINT", listener);
    },
    onTerminate: (listener) => {
      process.on("SIGTERM", listener);
      return () => process.off("SIGTERM", listener);
    },
    kill: (exitCode) => process.exit(exitCode),
  };
}
