import type { Sequence } from "./sequence.ts";

/** How many sequences are kept for reuse; each holds a KV cache. */
const maxIdle = 2;

/** Sequences that nobody uses at the moment, kept because the next prompt often begins like the last one. */
export class SequencePool {
  /** Least recently used first. */
  #idle: Sequence[] = [];

  /**
   * The idle sequence that holds the longest beginning of `tokens`. Where a new one may be made, only one that shares
   * at least half of the prompt or of its own content: taking another would throw away a cache for nothing. It is no
   * longer in the pool.
   */
  take(tokens: readonly number[], mayCreate: boolean): Sequence | undefined {
    let best: Sequence | undefined;
    let bestPrefix = -1;
    for (const sequence of this.#idle) {
      const prefix = sequence.commonPrefix(tokens);
      const enough = prefix * 2 >= Math.min(tokens.length, sequence.position);
      if (prefix < bestPrefix || (mayCreate && !enough)) continue;
      best = sequence;
      bestPrefix = prefix;
    }
    this.#idle = this.#idle.filter((sequence) => sequence !== best);
    return best;
  }

  give(sequence: Sequence): void {
    this.#idle.push(sequence);
    while (this.#idle.length > maxIdle) this.dropOldest();
  }

  /** Frees the least recently used one; false when there is none. */
  dropOldest(): boolean {
    const oldest = this.#idle.shift();
    oldest?.dispose();
    return oldest !== undefined;
  }
}
