import { folded, type Token } from "../alignment/tokenize.ts";
import { hash32 } from "../bitext/hashes.ts";

/** Every run of three words of a corpus, with its beginnings and ends, as sorted hashes: one in 10,000 is wrong at most. */
export class NgramSet {
  readonly #hashes: Uint32Array;

  /** @param hashes ascending, none twice */
  constructor(hashes: Uint32Array) {
    this.#hashes = hashes;
  }

  get hashes(): Uint32Array {
    return this.#hashes;
  }

  has(hash: number): boolean {
    let [low, high] = [0, this.#hashes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#hashes[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    return this.#hashes[low] === hash;
  }

  /** Whether people wrote every run of three words that touches the words from one place to another. */
  knows(tokens: readonly Token[], first: number, last: number): boolean {
    const words = withEdges(tokens);
    for (let place = Math.max(0, first - 1); place <= Math.min(last + 1, words.length - 3); place++) {
      if (!this.has(hashRun(words, place))) return false;
    }
    return true;
  }
}

/** Hashes of all runs of a text, for the making of a set. */
export function hashRuns(tokens: readonly Token[]): readonly number[] {
  const words = withEdges(tokens);
  return Array.from({ length: Math.max(0, words.length - 2) }, (_, place) => hashRun(words, place));
}

function withEdges(tokens: readonly Token[]): string[] {
  return ["<", ...tokens.map(({ text }) => folded(text)), ">"];
}

function hashRun(words: readonly string[], place: number): number {
  return hash32(`${words[place]} ${words[place + 1]} ${words[place + 2]}`);
}
