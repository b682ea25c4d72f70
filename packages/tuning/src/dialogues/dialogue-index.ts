import { BayLingError } from "@bayling/core";
import { isContentWord } from "../alignment/content-words.ts";
import { folded, tokenize } from "../alignment/tokenize.ts";
import type { PairOrigin, SentencePair } from "../bitext/sentence-pair.ts";
import { hashRuns, NgramSet } from "./ngram-set.ts";
import { findDifference } from "./text-difference.ts";

/** A text that says the same as another one, and the pair that says so. */
export interface Rendering {
  readonly text: string;
  /** BCP 47. */
  readonly language: string;
  readonly origin: PairOrigin;
}

/** What a dialogue about one pair needs to know of all the others. */
export class DialogueIndex {
  readonly #renderings: ReadonlyMap<string, readonly Rendering[]>;
  readonly #ngrams: ReadonlyMap<string, NgramSet>;
  readonly #exchanges: ReadonlyMap<string, readonly string[]>;
  readonly #optional: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(parts: IndexParts) {
    this.#renderings = parts.renderings;
    this.#ngrams = new Map(Object.entries(parts.ngrams).map(([language, hashes]) => [language, new NgramSet(hashes)]));
    this.#exchanges = parts.exchanges;
    this.#optional = new Map(Object.entries(parts.optional).map(([language, words]) => [language, new Set(words)]));
  }

  /** What people translated a text with, in any language; empty where that is one text or none. */
  renderings(text: string, language: string): readonly Rendering[] {
    return this.#renderings.get(`${language}\t${text}`) ?? [];
  }

  /** The runs of words that people wrote in a language. */
  ngrams(language: string): NgramSet {
    return this.#ngrams.get(language) ?? new NgramSet(new Uint32Array());
  }

  /** What people wrote in place of a word of content, everything else being the same, the most frequent first. */
  exchanges(word: string, language: string): readonly string[] {
    return this.#exchanges.get(`${language}\t${folded(word)}`) ?? [];
  }

  /** Words that one translation of a text has and another one, otherwise the same, has not. */
  optionalWords(language: string): ReadonlySet<string> {
    return this.#optional.get(language) ?? new Set();
  }

  toJson(): object {
    const ngrams = [...this.#ngrams].map(([language, set]) => [language, encode(set.hashes)]);
    return {
      ...{ format: "bayling-dialogue-index", version: 1 },
      renderings: [...this.#renderings],
      ngrams: Object.fromEntries(ngrams),
      exchanges: [...this.#exchanges],
      optional: Object.fromEntries([...this.#optional].map(([language, words]) => [language, [...words]])),
    };
  }

  /** @throws BayLingError `argument-invalid` for what {@link toJson} did not make */
  static fromJson(json: unknown): DialogueIndex {
    const given = (typeof json === "object" && json !== null ? json : {}) as IndexJson;
    if (given.format !== "bayling-dialogue-index" || given.version !== 1) {
      throw new BayLingError("argument-invalid", {
        field: "index",
        problem: "this is no index of dialogues",
        expected: 'an object with format "bayling-dialogue-index" and version 1',
        received: JSON.stringify(json)?.slice(0, 60) ?? "nothing",
      });
    }
    return new DialogueIndex({
      renderings: new Map(given.renderings),
      ngrams: Object.fromEntries(Object.entries(given.ngrams).map(([language, text]) => [language, decode(text)])),
      exchanges: new Map(given.exchanges),
      optional: given.optional,
    });
  }
}

interface IndexParts {
  readonly renderings: ReadonlyMap<string, readonly Rendering[]>;
  readonly ngrams: Readonly<Record<string, Uint32Array>>;
  readonly exchanges: ReadonlyMap<string, readonly string[]>;
  readonly optional: Readonly<Record<string, readonly string[]>>;
}

interface IndexJson {
  readonly format: string;
  readonly version: number;
  readonly renderings: readonly (readonly [string, readonly Rendering[]])[];
  readonly ngrams: Readonly<Record<string, string>>;
  readonly exchanges: readonly (readonly [string, readonly string[]])[];
  readonly optional: Readonly<Record<string, readonly string[]>>;
}

/** A pair of words has to be exchanged this often, and a word be left out, before it is used in other sentences. */
const leastExchanges = 2;
const leastOmissions = 3;

/** No text has more translations here; who greets has a hundred. */
const mostRenderings = 24;

/**
 * Looks through all pairs, once, for what their dialogues share. The same pairs in the same order give the same index.
 * @throws the reason of the signal
 */
export async function buildDialogueIndex(
  pairs: AsyncIterable<SentencePair> | Iterable<SentencePair>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DialogueIndex> {
  const all = new Map<string, Rendering[]>();
  const runs = new Map<string, Set<number>>();
  const learn = (text: string, language: string, other: string, otherLanguage: string, origin: PairOrigin) => {
    const key = `${language}\t${text}`;
    const list = all.get(key);
    const rendering = { text: other, language: otherLanguage, origin };
    if (list === undefined) all.set(key, [rendering]);
    else if (list.length < mostRenderings && !list.some((known) => sameWords(known.text, other))) list.push(rendering);
    const set = runs.get(language) ?? new Set<number>();
    runs.set(language, set);
    for (const hash of hashRuns(tokenize(text, language))) set.add(hash);
  };
  for await (const { source, target, sourceLanguage, targetLanguage, origin } of pairs) {
    options.signal?.throwIfAborted();
    learn(source, sourceLanguage, target, targetLanguage, origin);
    learn(target, targetLanguage, source, sourceLanguage, origin);
  }
  const renderings = new Map([...all].filter(([, list]) => list.length > 1));
  const { exchanges, optional } = learnDifferences(renderings);
  const ngrams = [...runs].map(([language, set]) => [language, Uint32Array.from(set).sort()] as const);
  return new DialogueIndex({ renderings, ngrams: Object.fromEntries(ngrams), exchanges, optional });
}

/** Whether two texts differ in marks, spaces and letter case at most. */
function sameWords(one: string, other: string): boolean {
  const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
  return bare(one) === bare(other);
}

/** What people exchange and leave out, by the places at which two translations of one text differ. */
function learnDifferences(
  renderings: ReadonlyMap<string, readonly Rendering[]>,
): Omit<IndexParts, "renderings" | "ngrams"> {
  const exchanged = new Map<string, Map<string, number>>();
  const omitted = new Map<string, Map<string, number>>();
  const count = (counts: Map<string, Map<string, number>>, key: string, word: string) => {
    const inner = counts.get(key) ?? new Map<string, number>();
    counts.set(key, inner.set(word, (inner.get(word) ?? 0) + 1));
  };
  for (const list of renderings.values()) {
    for (const one of list) {
      for (const other of list) {
        if (one === other || one.language !== other.language) continue;
        const difference = findDifference(one.text, other.text, one.language);
        if (difference === undefined || difference.fromWords.length !== 1) continue;
        const { language } = one;
        const [from, to] = [difference.from, difference.to];
        if (difference.toWords.length === 0 && difference.before !== undefined) count(omitted, language, folded(from));
        if (difference.toWords.length !== 1) continue;
        if (isContentWord(from, language) && isContentWord(to, language) && !isName(from) && !isName(to)) {
          count(exchanged, `${language}\t${folded(from)}`, to);
        }
      }
    }
  }
  const often = (counts: ReadonlyMap<string, number>, least: number) =>
    [...counts]
      .filter(([, times]) => times >= least)
      .sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1))
      .map(([word]) => word);
  return {
    exchanges: new Map(
      [...exchanged].flatMap(([key, counts]) => {
        const words = often(counts, leastExchanges);
        return words.length === 0 ? [] : [[key, words] as const];
      }),
    ),
    optional: Object.fromEntries([...omitted].map(([language, counts]) => [language, often(counts, leastOmissions)])),
  };
}

/** English and Chinese exchanges of names are exchanges of people. */
function isName(word: string): boolean {
  return /^(?:汤姆|玛丽|Tom|Mary|Maria|John|Boston)$/u.test(word);
}

function encode(values: Uint32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function decode(text: string): Uint32Array {
  return new Uint32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);
}
