/** A stop string of which the text has some bytes. */
interface Begun {
  /** Its number in the list. */
  readonly string: number;
  readonly matched: number;
  /** Whether the text may end where the stop string begins. */
  readonly mayEnd: boolean;
}

/** Stop strings that have begun, the one that began first in front. */
export type StopProgress = readonly Begun[];

const nothing: StopProgress = [];

/**
 * Stop strings cut a text off where they begin, so they may be completed only where it may end. What is complete first
 * counts, and of those that end together the longest.
 */
export class StopStrings {
  readonly #strings: readonly Uint8Array[];

  constructor(strings: readonly string[]) {
    const encoder = new TextEncoder();
    this.#strings = strings.map((string) => encoder.encode(string));
  }

  begin(): StopProgress {
    return nothing;
  }

  /**
   * @param mayEnd whether the text may end before the byte
   * @returns `stopped` when a stop string is complete, undefined where the byte would complete one too early
   */
  step(progress: StopProgress, byte: number, mayEnd: boolean): StopProgress | "stopped" | undefined {
    const next: Begun[] = [];
    for (let index = 0; index < progress.length + this.#strings.length; index++) {
      const begun = progress[index] ?? { string: index - progress.length, matched: 0, mayEnd };
      const bytes = this.#strings[begun.string]!;
      if (bytes[begun.matched] !== byte) continue;
      if (begun.matched + 1 === bytes.length) return begun.mayEnd ? "stopped" : undefined;
      next.push({ ...begun, matched: begun.matched + 1 });
    }
    return next.length === 0 ? nothing : next;
  }

  key(progress: StopProgress): string {
    return progress.map(({ string, matched, mayEnd }) => `${string}.${matched}${mayEnd ? "e" : ""}`).join();
  }
}
