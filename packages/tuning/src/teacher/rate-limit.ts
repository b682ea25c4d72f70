import { pause } from "./pause.ts";

export interface RateLimits {
  readonly requestsPerMinute?: number | undefined;
  /** Sent and, at most, received. */
  readonly tokensPerMinute?: number | undefined;
}

/** Spaces questions evenly, so that no minute has more than its limit and none begins with a burst. */
export class RateLimit {
  readonly #limits: RateLimits;
  /** When the next question may go, by the clock of `performance`. */
  #next = 0;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Waits for the turn of a question. @throws the signal's reason */
  async wait(tokens: number, signal: AbortSignal | undefined): Promise<void> {
    const { requestsPerMinute, tokensPerMinute } = this.#limits;
    const share = Math.max(
      requestsPerMinute === undefined ? 0 : 1 / requestsPerMinute,
      tokensPerMinute === undefined ? 0 : tokens / tokensPerMinute,
    );
    if (share === 0) return;
    const now = performance.now();
    const turn = Math.max(now, this.#next);
    this.#next = turn + share * 60_000;
    if (turn > now) await pause(turn - now, signal);
  }
}
