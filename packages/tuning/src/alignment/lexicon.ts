import { BayLingError } from "@bayling/core";
import { alignWords, type Direction, type Link } from "./align-words.ts";
import { folded, type Token, tokenize } from "./tokenize.ts";
import { type TranslationTable, tableOf } from "./translation-table.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A word that another one was seen to stand for. */
export interface WordTranslation {
  /** In lower case. */
  readonly word: string;
  /** How often the two were linked. */
  readonly count: number;
  /** The share of these among all links of the word that was asked about, and among all links of this one. */
  readonly share: number;
  readonly reverseShare: number;
}

/** Two texts with their words and the links between them. */
export interface Alignment {
  readonly left: readonly Token[];
  readonly right: readonly Token[];
  readonly links: readonly Link[];
}

/** What was linked once may have been what its text had left over: of such English and Chinese words four in ten were wrong. */
const leastSeen = 2;

/** What a lexicon knows about one of its two languages. */
export interface LexiconSide {
  /** BCP 47. */
  readonly language: string;
  readonly words: Vocabulary;
  /** How often words were seen, by id. */
  readonly counts: Uint32Array;
  /** t(word of the other side | word of this side). */
  readonly direction: Direction;
}

/**
 * What two languages call the same, learned from translated sentences: aligns the words of any two texts, lists what a
 * word is translated with, and says how well one text explains another.
 */
export class Lexicon {
  readonly left: LexiconSide;
  readonly right: LexiconSide;
  /** How often words were linked in the texts of the training, by left word. */
  readonly links: TranslationTable;
  readonly #reverseLinks: TranslationTable;
  readonly #linked: Readonly<Record<"left" | "right", Float64Array>>;
  readonly #totals: Readonly<Record<"left" | "right", number>>;

  constructor(left: LexiconSide, right: LexiconSide, links: TranslationTable) {
    this.left = left;
    this.right = right;
    this.links = links;
    const entries: [number, number, number][] = [];
    this.#linked = { left: new Float64Array(left.words.size), right: new Float64Array(right.words.size) };
    for (let row = 0; row < left.words.size; row++) {
      for (let place = links.rows[row]!; place < links.rows[row + 1]!; place++) {
        const [column, count] = [links.columns[place]!, links.probabilities[place]!];
        this.#linked.left[row]! += count;
        this.#linked.right[column]! += count;
        entries.push([column, row, count]);
      }
    }
    this.#reverseLinks = tableOf(entries, right.words.size);
    const total = (counts: Uint32Array) => counts.reduce((sum, count) => sum + count, 0);
    this.#totals = { left: total(left.counts), right: total(right.counts) };
  }

  /**
   * Aligns the words of a text with those of its translation, in either order of the two languages. Words that were not
   * linked twice in the training stay without a link, but for those that both texts spell the same.
   * @param language of `text`
   * @throws BayLingError `argument-invalid` for a language that this lexicon is not about
   */
  align(text: string, language: string, other: string): Alignment {
    const isLeft = this.#sideOf(language) === "left";
    const { left, right } = this;
    const first = tokenize(text, language);
    const second = tokenize(other, (isLeft ? right : left).language);
    if (isLeft) return { left: first, right: second, links: this.#align(first, second) };
    const links = this.#align(second, first).map((link) => ({ left: link.right, right: link.left }));
    return { left: first, right: second, links };
  }

  #align(left: readonly Token[], right: readonly Token[]): readonly Link[] {
    const words = (tokens: readonly Token[]) => tokens.map(({ text }) => folded(text));
    const [lefts, rights] = [words(left), words(right)];
    const leftIds = lefts.map((word) => this.left.words.id(word));
    const rightIds = rights.map((word) => this.right.words.id(word));
    const isSame = (row: number, column: number) => lefts[row] === rights[column];
    const links = alignWords(this.left.direction, this.right.direction, leftIds, rightIds, isSame);
    return links.filter(
      (link) =>
        isSame(link.left, link.right) ||
        this.links.probability(leftIds[link.left]!, rightIds[link.right]!) >= leastSeen,
    );
  }

  /**
   * What a word is translated with, the most frequent first.
   * @throws BayLingError `argument-invalid` for a language that this lexicon is not about
   */
  translations(word: string, language: string): readonly WordTranslation[] {
    const side = this.#sideOf(language);
    const far = side === "left" ? "right" : "left";
    const table = side === "left" ? this.links : this.#reverseLinks;
    const id = this[side].words.id(folded(word));
    if (id === 0) return [];
    const found: WordTranslation[] = [];
    for (let place = table.rows[id]!; place < table.rows[id + 1]!; place++) {
      const [column, count] = [table.columns[place]!, table.probabilities[place]!];
      const [share, reverseShare] = [count / this.#linked[side][id]!, count / this.#linked[far][column]!];
      found.push({ word: this[far].words.word(column), count, share, reverseShare });
    }
    return found.sort((one, other) => other.count - one.count || (one.word < other.word ? -1 : 1));
  }

  /** How often a word was seen in the training. */
  frequency(word: string, language: string): number {
    const { words, counts } = this[this.#sideOf(language)];
    const id = words.id(folded(word));
    return id === 0 ? 0 : counts[id]!;
  }

  /**
   * How well two texts explain each other: how much more probable each word is for the other text than by itself, mean of
   * log ratios in nats a word, over both directions. About 0 for texts that have nothing to do with each other.
   * @throws BayLingError `argument-invalid` for a language that this lexicon is not about
   */
  relatedness(text: string, language: string, other: string): number {
    const isLeft = this.#sideOf(language) === "left";
    const words = (given: string, side: LexiconSide) =>
      tokenize(given, side.language).map((token) => folded(token.text));
    const [lefts, rights] = [words(isLeft ? text : other, this.left), words(isLeft ? other : text, this.right)];
    if (lefts.length === 0 || rights.length === 0) return 0;
    return (this.#explained("left", lefts, rights) + this.#explained("right", rights, lefts)) / 2;
  }

  #explained(from: "left" | "right", given: readonly string[], words: readonly string[]): number {
    const far = from === "left" ? "right" : "left";
    const { direction, words: vocabulary } = this[from];
    const { words: farVocabulary, counts } = this[far];
    const ids = given.map((word) => vocabulary.id(word)).filter((id) => id !== 0);
    let sum = 0;
    for (const word of words) {
      const id = farVocabulary.id(word);
      const expected = Math.max(1, counts[id] ?? 0) / this.#totals[far];
      let best = given.includes(word) ? 0.5 : 0;
      if (id !== 0) for (const row of ids) best = Math.max(best, direction.table.probability(row, id));
      sum += Math.log(Math.max(best, expected / 20) / expected);
    }
    return sum / words.length;
  }

  #sideOf(language: string): "left" | "right" {
    if (language === this.left.language) return "left";
    if (language === this.right.language) return "right";
    throw new BayLingError("argument-invalid", {
      field: "language",
      problem: "this lexicon is not about the language",
      expected: `${this.left.language} or ${this.right.language}`,
      received: String(language),
    });
  }
}
