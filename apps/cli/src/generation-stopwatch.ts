/** Times of a generation, in seconds. */
export interface GenerationTimes {
  /** From asking to the first token. */
  readonly firstToken: number;
  readonly total: number;
  readonly tokensPerSecond: number;
}

/** Measures what a person waits for. */
export class GenerationStopwatch {
  readonly #began = performance.now();
  #first: number | undefined;
  #last = this.#began;

  /** A token has come. */
  tick(): void {
    this.#last = performance.now();
    this.#first ??= this.#last;
  }

  times(tokens: number): GenerationTimes {
    const first = this.#first ?? performance.now();
    const total = (Math.max(this.#last, first) - this.#began) / 1000;
    const writing = (this.#last - first) / 1000;
    // The first token belongs to the prompt: the rate is that of the others.
    const tokensPerSecond = tokens > 1 && writing > 0 ? (tokens - 1) / writing : total > 0 ? tokens / total : 0;
    return { firstToken: (first - this.#began) / 1000, total, tokensPerSecond };
  }
}
