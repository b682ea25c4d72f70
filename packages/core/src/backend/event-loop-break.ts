/** How long work may hold the event loop before timers, input and aborts get a turn, in milliseconds. */
const slice = 10;

/**
 * Lets the event loop run at times, so that an `AbortSignal` can fire and a page can repaint while plain JavaScript
 * computes. Costs a clock reading a call, and a macrotask every few milliseconds.
 */
export class EventLoopBreak {
  #last = performance.now();

  /** A promise when it is time for a break, `undefined` when the caller may go on at once. */
  pause(signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (performance.now() - this.#last < slice) return undefined;
    return nextTurn().then(() => {
      this.#last = performance.now();
      signal?.throwIfAborted();
    });
  }
}

/** The next turn of the event loop: whatever waits for nothing but promises has run by then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    // `setTimeout` is clamped to 4 ms in browsers, a message is not; Node's `setImmediate` is the cheapest.
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
