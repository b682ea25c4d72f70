import { isContentWord } from "../alignment/content-words.ts";
import type { Lexicon } from "../alignment/lexicon.ts";
import { folded, type Token, tokenize } from "../alignment/tokenize.ts";
import type { Random } from "../random.ts";
import type { DialogueIndex } from "./dialogue-index.ts";
import { capitalised, isWorthSaying, occurrences } from "./text-words.ts";

/** A translation, its source, and what is known of the languages. */
export interface LearnedEditContext {
  readonly source: string;
  readonly text: string;
  /** BCP 47; of the source and of the text. */
  readonly from: string;
  readonly to: string;
  readonly index: DialogueIndex;
  readonly lexicon: Lexicon;
  readonly random: Random;
}

/** A text with one word in the place of another one. */
export interface WordExchange {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/**
 * A word in a place where people exchanged it for another one in other sentences; the new one translates a word of the
 * source, and all runs of three words that come of it were written by people.
 */
export function exchangedWords(context: LearnedEditContext): readonly WordExchange[] {
  const { source, from, text, to, index, lexicon, random } = context;
  const sources = tokenize(source, from);
  const translates = (word: string) =>
    lexicon
      .translations(word, to)
      .some(
        ({ word: known, count }) =>
          count > 1 && sources.some((token) => folded(token.text) === known && isContentWord(token.text, from)),
      );
  return random
    .shuffle([...tokenize(text, to).entries()])
    .flatMap(([place, token]) =>
      index
        .exchanges(token.text, to)
        .flatMap((word) => (translates(word) ? exchangedAt(context, place, token, word) : [])),
    );
}

/** Other translations of a word count if they are seen so often, and in such a share of cases. */
const leastCount = 3;
const leastShare = 0.06;
const leastReverseShare = 0.1;

/**
 * A word in whose place stands what its source word is translated with elsewhere. It may mean another thing than the
 * source does here, so these are drafts for others to improve on, and no replies.
 */
export function otherTranslations(context: LearnedEditContext): readonly WordExchange[] {
  const { source, from, text, to, lexicon, random } = context;
  const { left, right, links } = lexicon.align(source, from, text);
  return random.shuffle(links).flatMap(({ left: leftPlace, right: place }) => {
    const [word, token] = [left[leftPlace]!, right[place]!];
    if (links.some((link) => (link.left === leftPlace) !== (link.right === place))) return [];
    if (!isContentWord(word.text, from) || !isContentWord(token.text, to) || place === 0) return [];
    const isCapital = /^\p{Lu}/u.test(token.text);
    return lexicon
      .translations(word.text, from)
      .filter(
        ({ count, share, reverseShare }) =>
          count >= leastCount && share >= leastShare && reverseShare >= leastReverseShare,
      )
      .filter(({ word: other }) => isContentWord(other, to))
      .slice(0, 6)
      .flatMap(({ word: other }) => {
        if (!isWorthSaying(other) || sharesStem(token.text, other)) return [];
        return exchangedAt(context, place, token, isCapital ? capitalised(other) : other);
      });
  });
}

function exchangedAt(
  { text, to, index }: LearnedEditContext,
  place: number,
  token: Token,
  word: string,
): readonly WordExchange[] {
  const by = place === 0 ? capitalised(word) : word;
  if (occurrences(text, token.text) !== 1 || occurrences(text, by) > 0) return [];
  const edited = text.slice(0, token.start) + by + text.slice(token.end);
  if (!index.ngrams(to).knows(tokenize(edited, to), place, place)) return [];
  return [{ from: token.text, to: by, text: edited }];
}

/** Whether one word is the other one with another ending. */
export function sharesStem(one: string, other: string): boolean {
  const [left, right] = [folded(one), folded(other)];
  return /^\p{Script=Latin}/u.test(left) && left.slice(0, 4) === right.slice(0, 4);
}

/** Words that a sentence stands without. Others that people left out may be its verb. */
const dispensable = new Set(
  (
    "just really very too now also even still quite actually already please that " +
    "sehr wirklich doch mal nur jetzt schon auch noch ganz gerade immer so denn ja eben einfach bitte ziemlich " +
    "很 非常 真 真的 太 也 都 就 还 已经 正在 现在 一直 一点 有点 请"
  ).split(" "),
);

/** Words that want something behind them: "for now". */
const governing = new Set("for from by until till since at of than as so bis ab seit für von als wie".split(" "));

/** What "that" can be left out before. */
const subjects = new Set("i you he she it we they there tom mary".split(" "));

/** A text without one of its words. */
export interface Omission {
  readonly left: string;
  readonly text: string;
}

/** A text without a word that people left out elsewhere, where its neighbours were written side by side too. */
export function omissions(text: string, language: string, index: DialogueIndex): readonly Omission[] {
  const optional = index.optionalWords(language);
  const tokens = tokenize(text, language);
  return tokens.flatMap((token, place): Omission[] => {
    const word = folded(token.text);
    if (word === "that" && !subjects.has(folded(tokens[place + 1]?.text ?? ""))) return [];
    if (place === 0 || !dispensable.has(word) || !optional.has(word) || !isWorthSaying(token.text)) return [];
    if (occurrences(text, token.text) !== 1 || governing.has(folded(tokens[place - 1]!.text))) return [];
    const edited = (text.slice(0, token.start) + text.slice(token.end))
      .replace(/ {2,}/gu, " ")
      .replace(/ (?=[.,!?])/gu, "");
    const isWritten = index.ngrams(language).knows(tokenize(edited, language), place, place);
    return isWritten ? [{ left: token.text, text: edited }] : [];
  });
}
