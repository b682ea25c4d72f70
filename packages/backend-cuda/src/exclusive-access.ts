/** Lets one thing happen at a time: llama.cpp's contexts are not made for two threads. */
export class ExclusiveAccess {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #posted: (() => void)[] = [];

  /** Runs `work` when all that came before has settled. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    const running = this.#last.then(async () => {
      this.#runPosted();
      try {
        return await work();
      } finally {
        this.#waiting--;
        this.#runPosted();
      }
    });
    this.#last = running.catch(() => {});
    return running;
  }

  /** Runs short work that nobody waits for: at once when nothing runs, else before whatever comes next. */
  post(work: () => void): void {
    this.#posted.push(work);
    if (this.#waiting === 0) this.#runPosted();
  }

  #runPosted(): void {
    for (const work of this.#posted.splice(0)) work();
  }
}
