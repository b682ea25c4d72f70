/** Milliseconds that work may take before others have their turn. */
const longest = 20;

/** Lets work on long texts be interrupted: the server has one thread, and others wait for it. */
export class Breath {
  #last = performance.now();

  /** A promise when it is time for others; wait for it. */
  take(): Promise<void> | undefined {
    if (performance.now() - this.#last < longest) return undefined;
    return new Promise((resolve) =>
      setTimeout(() => {
        this.#last = performance.now();
        resolve();
      }),
    );
  }
}
