import { once } from "node:events";
import { OutputClosed } from "../exit-codes.ts";
import type { Io, OutputStream } from "../io.ts";
import { type Paint, paintFor } from "./paint.ts";
import { jsonText } from "./text-width.ts";

/** Results on stdout; progress, notes and errors on stderr. */
export class Terminal {
  /** Looks for stdout. */
  readonly paint: Paint;
  /** Looks for stderr. */
  readonly paintNote: Paint;
  /** Aborted when whoever reads stdout has gone. */
  readonly closed: AbortSignal;
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
    this.paint = paintFor(io.stdout, io.env);
    this.paintNote = paintFor(io.stderr, io.env);
    const closed = new AbortController();
    this.closed = closed.signal;
    io.stdout.on("error", (error) => closed.abort(isClosedPipe(error) ? new OutputClosed("nobody reads") : error));
    // Nothing can be said any more when stderr is gone; the work goes on.
    io.stderr.on("error", () => {});
  }

  /** Whether a person reads the results. */
  get isInteractive(): boolean {
    return this.#io.stdout.isTTY === true;
  }

  /** Whether a person writes the input. */
  get isInputInteractive(): boolean {
    return this.#io.stdin.isTTY === true;
  }

  /** Whether a person sees notes. */
  get isNoteInteractive(): boolean {
    return this.#io.stderr.isTTY === true;
  }

  /** Columns to fill; at most 100, which is what can be read. */
  get width(): number {
    // Some pseudo-terminals say that they have no columns at all.
    return Math.min(this.#io.stdout.columns || 100, 100);
  }

  /** Writes to stdout, and waits while its reader is slow. @throws OutputClosed when nobody reads any more */
  async write(text: string): Promise<void> {
    await write(this.#io.stdout, text, this.closed);
  }

  async print(...lines: readonly string[]): Promise<void> {
    await this.write(`${lines.join("\n")}\n`);
  }

  async printJson(value: unknown): Promise<void> {
    await this.print(jsonText(value, 2));
  }

  /** A document on one line. */
  async printJsonLine(value: unknown): Promise<void> {
    await this.print(jsonText(value));
  }

  /** A line on stderr, for people. */
  note(...lines: readonly string[]): void {
    this.#io.stderr.write(`${lines.join("\n")}\n`);
  }

  /** Text on stderr as it is. */
  writeNote(text: string): void {
    this.#io.stderr.write(text);
  }
}

async function write(stream: OutputStream, text: string, closed: AbortSignal): Promise<void> {
  closed.throwIfAborted();
  if (text === "" || stream.write(text)) return;
  try {
    await once(stream, "drain", { signal: closed });
  } catch (error) {
    closed.throwIfAborted();
    throw isClosedPipe(error) ? new OutputClosed("nobody reads", { cause: error }) : error;
  }
}

function isClosedPipe(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED" || code === "EOF";
}
