import type { Limits } from "./limits.ts";

/** Where a stream is written to. */
export interface EventSink {
  /**
   * Adds an event with this text as its data. @returns nothing, or, when the reader is far behind, a promise: wait for it
   * before the next.
   */
  send(data: string): Promise<void> | undefined;
}

export interface EventStreamOptions {
  readonly limits: Pick<Limits, "streamBufferBytes" | "readerSeconds">;
  /** Called when the reader goes away, or is given up: whoever writes should end. */
  onGone(reason: unknown): void;
}

/**
 * Events that come within so many milliseconds go out together: each write costs more than a small model's token, and
 * nobody sees the difference.
 */
const gathering = 20;

/**
 * Server-sent events between one who writes and one who reads (WHATWG HTML, 9.2). Writing does not wait for a slow reader:
 * what it has not taken is kept, up to a number of bytes, and comes in one piece when it asks. Only when that is full does
 * writing wait, and a reader that takes nothing for too long is given up. So a slow reader costs memory that is bounded, and
 * its generation is done, and its place free, as soon as anybody else's.
 */
export class EventStream implements EventSink {
  readonly readable: ReadableStream<Uint8Array>;
  /** Settles with the first event, or when it ends without one. */
  readonly begun: Promise<void>;
  readonly #options: EventStreamOptions;
  readonly #encoder = new TextEncoder();
  #begin: () => void = () => {};
  #buffer = "";
  #ended = false;
  #gone = false;
  /** Wakes the reader that found nothing. */
  #wakeReader: (() => void) | undefined;
  /** Those that found no room; choices of one request write side by side. */
  #waitingWriters: (() => void)[] = [];
  #patience: ReturnType<typeof setTimeout> | undefined;
  #gatherer: ReturnType<typeof setTimeout> | undefined;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => this.#leave(reason),
      },
      // Nothing is asked for ahead of the reader, so that what waits is counted here alone.
      { highWaterMark: 0 },
    );
  }

  /** Whether nobody reads any more. */
  get gone(): boolean {
    return this.#gone;
  }

  send(data: string): Promise<void> | undefined {
    this.#begin();
    if (this.#gone) return undefined;
    this.#buffer += `data: ${data}\n\n`;
    if (this.#wakeReader !== undefined) {
      const due = this.#lastWrite + gathering - performance.now();
      if (due <= 0) this.#wakeReader();
      else this.#gatherer ??= setTimeout(() => this.#wakeReader?.(), due);
      return undefined;
    }
    this.#patience ??= setTimeout(() => this.#giveUp(), this.#options.limits.readerSeconds * 1000);
    if (this.#buffer.length < this.#options.limits.streamBufferBytes) return undefined;
    return new Promise((resolve) => this.#waitingWriters.push(resolve));
  }

  /** No more events. What is kept can still be read. */
  end(): void {
    this.#begin();
    this.#ended = true;
    this.#wakeReader?.();
  }

  async #pull(): Promise<void> {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (this.#buffer === "" && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = undefined;
      clearTimeout(this.#gatherer);
      this.#gatherer = undefined;
    }
    this.#lastWrite = performance.now();
    if (this.#gone) return;
    const text = this.#buffer;
    this.#buffer = "";
    if (text !== "") this.#controller?.enqueue(this.#encoder.encode(text));
    if (this.#ended) this.#controller?.close();
    this.#wakeWriters();
  }

  #giveUp(): void {
    const reason = new Error("The reader took nothing for too long.");
    // Ends the connection: what it has read so far must not look whole.
    this.#controller?.error(reason);
    this.#leave(reason);
  }

  #leave(reason: unknown): void {
    this.#gone = true;
    this.#buffer = "";
    clearTimeout(this.#patience);
    this.#wakeWriters();
    this.#wakeReader?.();
    this.#options.onGone(reason);
  }

  #wakeWriters(): void {
    for (const wake of this.#waitingWriters.splice(0)) wake();
  }
}
