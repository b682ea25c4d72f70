import { BayLingError } from "../errors.ts";

/** The rank of what is no merge: behind every other. */
export const NO_RANK: number = 0x7fffffff;

/** Ranks stay below this, so that rank and position fit into one number. */
const MAXIMUM_RANKS: number = 0x400000;

/**
 * How early two neighbouring symbols merge into the token that they spell together: the lower the rank, the sooner.
 * Kept by that token and the length of its left part, so that loading looks up one token a merge, not three.
 */
export class MergeRanks {
  /** One rank for each token, however it comes together; otherwise the lists below. */
  readonly #byToken: Int32Array | undefined;
  /** By token the last merge that makes it, -1 for none; by merge the one before it that makes the same token. */
  readonly #lastMerges: Int32Array;
  readonly #before: Int32Array;
  readonly #leftLengths: Int32Array;

  private constructor(byToken: Int32Array | undefined, tokens: number, merges: number) {
    this.#byToken = byToken;
    this.#lastMerges = new Int32Array(tokens).fill(-1);
    this.#before = new Int32Array(merges);
    this.#leftLengths = new Int32Array(merges);
  }

  /** For a vocabulary that lists its merges: {@link add} them, ranked from 0 to `merges` - 1. */
  static ofMerges(tokens: number, merges: number): MergeRanks {
    return new MergeRanks(undefined, tokens, merges);
  }

  /** For a vocabulary that ranks its tokens. */
  static ofTokens(ranks: Int32Array): MergeRanks {
    return new MergeRanks(ranks, 0, 0);
  }

  /** Adds the merge with this rank. */
  add(rank: number, token: number, leftLength: number): void {
    this.#before[rank] = this.#lastMerges[token]!;
    this.#leftLengths[rank] = leftLength;
    this.#lastMerges[token] = rank;
  }

  /** The rank of the merge that makes a token from a left part of this many bytes and the rest. */
  of(token: number, leftLength: number): number {
    if (this.#byToken !== undefined) return this.#byToken[token]!;
    // Of a merge that is listed twice the first counts: it is met last.
    let rank = NO_RANK;
    for (let merge = this.#lastMerges[token]!; merge >= 0; merge = this.#before[merge]!) {
      if (this.#leftLengths[merge] === leftLength) rank = merge;
    }
    return rank;
  }
}

/** @throws BayLingError `tokenizer-invalid` */
export function checkRankCount(count: number, source: string, field: string): void {
  if (count <= MAXIMUM_RANKS) return;
  throw new BayLingError("tokenizer-invalid", {
    source,
    field,
    problem: "there are too many entries",
    expected: `${MAXIMUM_RANKS} at most`,
    received: String(count),
  });
}
