import { PairQueue } from "./pair-queue.ts";

/** Keys of pairs are `left * symbols + right`, exact below 2^53. */
const mostSymbols = 2 ** 26;

/** A chunk of text, as symbols, and how often it occurs. */
interface Chunk {
  symbols: Int32Array;
  readonly count: number;
}

/**
 * Learns which neighbours to merge, the most frequent first (Sennrich et al. 2016, arXiv 1508.07909), counting only what
 * a merge changes.
 */
export class MergeLearner {
  readonly #spellings: string[];
  readonly #symbolOf: Map<string, number>;
  readonly #chunks: Chunk[] = [];
  readonly #counts = new Map<number, number>();
  readonly #places = new Map<number, Set<number>>();
  readonly #queue = new PairQueue();
  readonly #longest: number;

  /**
   * @param chunks how often each occurs
   * @param characters what chunks are made of at first; others end a piece
   * @param longest code points of a piece
   */
  constructor(chunks: ReadonlyMap<string, number>, characters: readonly string[], longest: number) {
    this.#spellings = [...characters];
    this.#symbolOf = new Map(characters.map((character, symbol) => [character, symbol]));
    this.#longest = longest;
    for (const [text, count] of chunks) {
      const symbols = Int32Array.from([...text], (character) => this.#symbolOf.get(character) ?? -1);
      const place = this.#chunks.push({ symbols, count }) - 1;
      for (let at = 1; at < symbols.length; at++) this.#add(symbols[at - 1]!, symbols[at]!, count, place);
    }
    for (const key of this.#counts.keys()) this.#enqueue(key);
  }

  /** The spelling of the next merge; `undefined` when nothing occurs twice. */
  next(): string | undefined {
    for (;;) {
      const pair = this.#queue.pop();
      if (pair === undefined || pair.count < 2) return undefined;
      const count = this.#counts.get(pair.key) ?? 0;
      if (count !== pair.count) {
        // The queue is told late of pairs that became rare.
        if (count > 0 && count < pair.count) this.#enqueue(pair.key);
        continue;
      }
      const isKnown = this.#symbolOf.has(pair.spelling);
      this.#merge(pair.key, pair.spelling);
      // The same spelling can be merged of other parts; the vocabulary has it once.
      if (!isKnown) return pair.spelling;
    }
  }

  #merge(key: number, spelling: string): void {
    const [left, right] = [Math.floor(key / mostSymbols), key % mostSymbols];
    let merged = this.#symbolOf.get(spelling);
    if (merged === undefined) {
      merged = this.#spellings.push(spelling) - 1;
      this.#symbolOf.set(spelling, merged);
    }
    const touched = new Set<number>();
    for (const place of this.#places.get(key) ?? []) {
      const chunk = this.#chunks[place]!;
      const { symbols, count } = chunk;
      const next: number[] = [];
      for (let at = 0; at < symbols.length; at++) {
        const isPair = symbols[at] === left && symbols[at + 1] === right;
        next.push(isPair ? merged : symbols[at]!);
        if (isPair) at++;
      }
      if (next.length === symbols.length) continue;
      for (let at = 1; at < symbols.length; at++) this.#add(symbols[at - 1]!, symbols[at]!, -count, place);
      chunk.symbols = Int32Array.from(next);
      for (let at = 1; at < next.length; at++) {
        const now = this.#add(next[at - 1]!, next[at]!, count, place);
        if (now !== undefined && (next[at - 1] === merged || next[at] === merged)) touched.add(now);
      }
    }
    this.#counts.delete(key);
    this.#places.delete(key);
    for (const pair of touched) if (pair !== key) this.#enqueue(pair);
  }

  /** @returns the key of the pair, if it may be merged */
  #add(left: number, right: number, count: number, place: number): number | undefined {
    if (left < 0 || right < 0) return undefined;
    const key = left * mostSymbols + right;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    if (count > 0) {
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, new Set([place]));
      else places.add(place);
    }
    return key;
  }

  #enqueue(key: number): void {
    const count = this.#counts.get(key) ?? 0;
    if (count < 2) return;
    const spelling = this.#spellings[Math.floor(key / mostSymbols)]! + this.#spellings[key % mostSymbols]!;
    if ([...spelling].length <= this.#longest) this.#queue.push({ key, count, spelling });
  }
}
