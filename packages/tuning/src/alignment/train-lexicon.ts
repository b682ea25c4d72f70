import type { SentencePair } from "../bitext/sentence-pair.ts";
import { alignWords } from "./align-words.ts";
import { Lexicon, type LexiconSide } from "./lexicon.ts";
import { PairCounts } from "./pair-counts.ts";
import { stem } from "./stem.ts";
import { folded, tokenize } from "./tokenize.ts";
import { type CorpusSide, trainDirections } from "./train-directions.ts";
import { tableOf } from "./translation-table.ts";
import { Vocabulary } from "./vocabulary.ts";

export interface TrainLexiconOptions {
  /** Of each pair of languages the first so many pairs are learned from, which bounds the memory. Default 300,000. */
  readonly mostPairs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Longer sentences cost much and say little. */
const mostWords = 60;

/** A lexicon for each two languages, found by either order of them. */
export type Lexicons = ReadonlyMap<string, Lexicon>;

/** The key of a lexicon: both languages, in the order of their tags. */
export function lexiconKey(language: string, other: string): string {
  return [language, other].sort().join(" ");
}

/**
 * Learns a lexicon for each two languages that the pairs are in: fast_align's model in two directions that agree. The same
 * pairs in the same order give the same lexicons.
 * @throws the reason of the signal
 */
export async function trainLexicons(
  pairs: AsyncIterable<SentencePair> | Iterable<SentencePair>,
  options: TrainLexiconOptions = {},
): Promise<Lexicons> {
  const { mostPairs = 300_000, signal } = options;
  const corpora = new Map<string, GrowingCorpus>();
  for await (const pair of pairs) {
    signal?.throwIfAborted();
    const key = lexiconKey(pair.sourceLanguage, pair.targetLanguage);
    let corpus = corpora.get(key);
    if (corpus === undefined) {
      corpus = new GrowingCorpus(key.split(" ") as [string, string]);
      corpora.set(key, corpus);
    }
    if (corpus.left.length < mostPairs) corpus.add(pair);
  }
  const lexicons = new Map<string, Lexicon>();
  for (const [key, corpus] of corpora) lexicons.set(key, corpus.train(signal));
  return lexicons;
}

class GrowingCorpus {
  readonly #languages: readonly [string, string];
  readonly #words = [new Vocabulary(), new Vocabulary()] as const;
  readonly left: Uint32Array[] = [];
  readonly right: Uint32Array[] = [];

  constructor(languages: readonly [string, string]) {
    this.#languages = languages;
  }

  add({ source, target, sourceLanguage }: SentencePair): void {
    const texts = sourceLanguage === this.#languages[0] ? [source, target] : [target, source];
    const [left, right] = [0, 1].map((side) => {
      const tokens = tokenize(texts[side]!, this.#languages[side]!);
      return Uint32Array.from(tokens, ({ text }) => this.#words[side as 0 | 1].add(folded(text)));
    });
    const [shorter, longer] = [left!.length, right!.length].sort((one, other) => one - other);
    if (shorter === 0 || longer! > mostWords) return;
    this.left.push(left!);
    this.right.push(right!);
  }

  train(signal?: AbortSignal): Lexicon {
    const [left, right] = [corpusSide(this.left, this.#words[0]), corpusSide(this.right, this.#words[1])];
    const [forward, backward] = trainDirections(left, right, signal);
    const sides = [this.#side(0, this.left, forward), this.#side(1, this.right, backward)] as const;
    return new Lexicon(...sides, this.#links(...sides));
  }

  #side(index: 0 | 1, texts: readonly Uint32Array[], direction: LexiconSide["direction"]): LexiconSide {
    const counts = new Uint32Array(this.#words[index].size);
    for (const text of texts) for (const word of text) counts[word]!++;
    return { language: this.#languages[index], words: this.#words[index], counts, direction };
  }

  #links(left: LexiconSide, right: LexiconSide): ReturnType<typeof tableOf> {
    const counts = new PairCounts();
    const same = this.#sameWords();
    for (let pair = 0; pair < this.left.length; pair++) {
      const [lefts, rights] = [Array.from(this.left[pair]!), Array.from(this.right[pair]!)];
      const isSame = (row: number, column: number) => same[lefts[row]!] === rights[column];
      for (const link of alignWords(left.direction, right.direction, lefts, rights, isSame)) {
        const place = counts.add(lefts[link.left]!, rights[link.right]!);
        counts.values[place]!++;
      }
    }
    const entries: [number, number, number][] = [];
    for (let place = 0; place < counts.size; place++) {
      entries.push([counts.left(place), counts.right(place), counts.values[place]!]);
    }
    return tableOf(entries, left.words.size);
  }

  /** The right id of what both languages spell alike, by left id; 0 where there is none, and no text has 0. */
  #sameWords(): Uint32Array {
    const [left, right] = this.#words;
    return Uint32Array.from(["", ...left.words], (word) => right.id(word));
  }
}

function corpusSide(texts: readonly Uint32Array[], words: Vocabulary): CorpusSide {
  const stems = new Vocabulary();
  return {
    texts,
    size: words.size,
    stems: Uint32Array.from(["", ...words.words], (word) => (word === "" ? 0 : stems.add(stem(word)))),
  };
}
