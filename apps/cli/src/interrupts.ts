import { exitCodes, Interrupted } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/**
 * Turns Ctrl+C into an aborted signal of the innermost piece of work: a reply is stopped, not the chat. When that
 * piece does not end, the next Ctrl+C ends the program.
 */
export class Interrupts {
  readonly #io: Io;
  readonly #outer: AbortSignal;
  readonly #work: AbortController[] = [];
  #release: (() => void) | undefined;

  /** @param outer aborts all work as well */
  constructor(io: Io, outer: AbortSignal) {
    this.#io = io;
    this.#outer = outer;
  }

  /** Does a piece of work that Ctrl+C aborts with {@link Interrupted}. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#work.push(controller);
    this.#release ??= this.#io.onInterrupt(() => this.#interrupt());
    try {
      return await work(AbortSignal.any([this.#outer, controller.signal]));
    } finally {
      this.#work.splice(this.#work.indexOf(controller), 1);
      if (this.#work.length === 0) {
        this.#release();
        this.#release = undefined;
      }
    }
  }

  #interrupt(): void {
    const innermost = this.#work.at(-1);
    if (innermost === undefined || innermost.signal.aborted) this.#io.kill(exitCodes.interrupted);
    else innermost.abort(new Interrupted("interrupted"));
  }
}
