import { isContentWord } from "./content-words.ts";
import type { Alignment, Lexicon } from "./lexicon.ts";
import type { Token } from "./tokenize.ts";
import { folded } from "./tokenize.ts";

/** A term that a person would ask for, and what it translates: whole words, side by side, in both texts. */
export interface MinedTerm {
  readonly source: string;
  readonly target: string;
  /** Places in the texts, in UTF-16 units. */
  readonly sourceStart: number;
  readonly targetStart: number;
  /**
   * From 0 to 1, how much the two go with each other and with nothing else: the least of its words' shares of links, the
   * geometric mean of both directions.
   */
  readonly strictness: number;
}

export interface MineOptions {
  /** Default 0.2. */
  readonly leastStrictness?: number | undefined;
  /** Words of a term on either side. Default 3. */
  readonly mostWords?: number | undefined;
}

/** A word that is more of a text than this is no term: it says too little. */
const mostFrequent = 0.004;

/**
 * Finds the terms of a text and its translation: spans of which no word is linked to a word outside (phrases that are
 * consistent with the alignment), made of words that mean something, with nothing between them but a space. Of several
 * words they are what a dictionary would have: in German a noun and what describes it, in English nothing that begins with
 * a verb's ending.
 */
export function mineTerms(
  text: string,
  language: string,
  translation: string,
  lexicon: Lexicon,
  options: MineOptions = {},
): readonly MinedTerm[] {
  const { leastStrictness = 0.2, mostWords = 3 } = options;
  const other = lexicon.left.language === language ? lexicon.right.language : lexicon.left.language;
  const alignment = lexicon.align(text, language, translation);
  const found: MinedTerm[] = [];
  for (let first = 0; first < alignment.left.length; first++) {
    for (let last = first; last < Math.min(first + mostWords, alignment.left.length); last++) {
      const span = targetSpan(alignment, first, last);
      if (span === undefined || span[1] - span[0] >= mostWords) continue;
      const sides = [
        { tokens: alignment.left.slice(first, last + 1), text, language },
        { tokens: alignment.right.slice(span[0], span[1] + 1), text: translation, language: other },
      ] as const;
      if (
        isHalfWord(alignment.left, first, last, language, (place) => alignment.links.some(({ left }) => left === place))
      )
        continue;
      if (isHalfWord(alignment.right, ...span, other, (place) => alignment.links.some(({ right }) => right === place)))
        continue;
      if (!sides.every((side) => isTerm(side.tokens, side.text, side.language, lexicon))) continue;
      const strictness = strictnessOf(alignment, first, last, language, lexicon);
      if (strictness < leastStrictness) continue;
      const [source, target] = sides.map((side) => cut(side.tokens, side.text)) as [string, string];
      const [sourceStart, targetStart] = [sides[0].tokens[0]!.start, sides[1].tokens[0]!.start];
      found.push({ source, target, sourceStart, targetStart, strictness });
    }
  }
  return found;
}

/** First and last place of what a span is linked to, if nothing outside of the span is linked to that. */
function targetSpan({ links }: Alignment, first: number, last: number): readonly [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = -1;
  let [hasFirst, hasLast] = [false, false];
  for (const { left, right } of links) {
    if (left < first || left > last) continue;
    [low, high] = [Math.min(low, right), Math.max(high, right)];
    hasFirst ||= left === first;
    hasLast ||= left === last;
  }
  if (!hasFirst || !hasLast) return undefined;
  const leaves = links.some(({ left, right }) => right >= low && right <= high && (left < first || left > last));
  const ends = [low, high].every((place) => links.some(({ right }) => right === place));
  return leaves || !ends ? undefined : [low, high];
}

function isTerm(tokens: readonly Token[], text: string, language: string, lexicon: Lexicon): boolean {
  const total = language === lexicon.left.language ? lexicon.left.counts : lexicon.right.counts;
  const isKnown = (token: Token) => lexicon.frequency(token.text, language) <= mostFrequent * sumOf(total);
  for (const [index, token] of tokens.entries()) {
    const links = linking.has(token.text.toLowerCase()) && index > 0 && index < tokens.length - 1;
    if (!links && (!isContentWord(token.text, language) || !isKnown(token))) return false;
  }
  if (tokens.length > 1 && !isPhrase(tokens, language)) return false;
  for (let index = 1; index < tokens.length; index++) {
    if (!/^ ?$/u.test(text.slice(tokens[index - 1]!.end, tokens[index]!.start))) return false;
  }
  // A hyphen, an apostrophe or a sign beside it makes it part of something longer.
  const [before, after] = [text[tokens[0]!.start - 1] ?? " ", text[tokens.at(-1)!.end] ?? " "];
  return !/[-'’‐‑_@#/\\\p{N}]/u.test(before + after);
}

/** Whether a character beside it that means something, and is linked to nothing, makes it part of a Chinese word: 古 of 古钱. */
function isHalfWord(
  tokens: readonly Token[],
  first: number,
  last: number,
  language: string,
  isLinked: (place: number) => boolean,
): boolean {
  if (!language.startsWith("zh")) return false;
  return [first - 1, last + 1].some((place) => {
    const [neighbour, end] = [tokens[place], place < first ? tokens[first]! : tokens[last]!];
    if (neighbour === undefined || neighbour.text.length > 1 || isLinked(place)) return false;
    const isBeside = place < first ? neighbour.end === end.start : neighbour.start === end.end;
    return isBeside && isContentWord(neighbour.text, language);
  });
}

const linking = new Set(["of", "的"]);

function isPhrase(tokens: readonly Token[], language: string): boolean {
  const [first, last] = [tokens[0]!.text, tokens.at(-1)!.text];
  if (language.startsWith("de")) {
    return /^\p{Lu}/u.test(last) && tokens.slice(0, -1).every(({ text }) => /^\p{Ll}\S*e[mnrs]?$/u.test(text));
  }
  return !language.startsWith("en") || !/(?:ing|ed|[^s]s)$/u.test(first);
}

const sums = new WeakMap<Uint32Array, number>();

function sumOf(counts: Uint32Array): number {
  let sum = sums.get(counts);
  if (sum === undefined) {
    sum = counts.reduce((total, count) => total + count, 0);
    sums.set(counts, sum);
  }
  return sum;
}

function strictnessOf(
  { left, right, links }: Alignment,
  first: number,
  last: number,
  language: string,
  lexicon: Lexicon,
): number {
  const best = new Map<string, number>();
  for (let place = first; place <= last; place++) {
    const translations = lexicon.translations(left[place]!.text, language);
    for (const link of links) {
      if (link.left !== place) continue;
      const word = folded(right[link.right]!.text);
      const known = translations.find((translation) => translation.word === word);
      const strictness = known === undefined ? 0 : strictnessOfWord(known.count, known.share, known.reverseShare);
      for (const key of [`left ${place}`, `right ${link.right}`]) {
        if (!linking.has(word)) best.set(key, Math.max(best.get(key) ?? 0, strictness));
      }
    }
  }
  return Math.min(1, ...best.values());
}

/** One link more or less changes little where there are many: a word seen once with another one is no evidence. */
function strictnessOfWord(count: number, share: number, reverseShare: number): number {
  return Math.sqrt(share * reverseShare) * (count / (count + 1));
}

function cut(tokens: readonly Token[], text: string): string {
  return text.slice(tokens[0]!.start, tokens.at(-1)!.end);
}
