import { folded, type Token, tokenize } from "../alignment/tokenize.ts";

/** The one place at which two texts differ, in whole words. */
export interface TextDifference {
  /** What stands there in either text; empty where the other one has more. */
  readonly from: string;
  readonly to: string;
  /** The words around it, which both have; undefined at the edges. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Words that differ. */
  readonly fromWords: readonly string[];
  readonly toWords: readonly string[];
}

/** Marks of a text, which must be the same for one place to be all that differs. */
const marks = /[^\p{L}\p{M}\p{N}\s]/gu;

/**
 * Where two texts of a language differ, if that is one run of words and nothing else, letter case at the beginning of a
 * sentence aside.
 */
export function findDifference(one: string, other: string, language: string): TextDifference | undefined {
  if ((one.match(marks) ?? []).join("") !== (other.match(marks) ?? []).join("")) return undefined;
  const [left, right] = [tokenize(one, language), tokenize(other, language)];
  const same = (first: Token | undefined, second: Token | undefined) =>
    first !== undefined && second !== undefined && folded(first.text) === folded(second.text);
  let start = 0;
  while (same(left[start], right[start])) start++;
  let end = 0;
  while (end < Math.min(left.length, right.length) - start && same(left.at(-1 - end), right.at(-1 - end))) end++;
  const spanOf = (tokens: readonly Token[], text: string) => {
    const span = tokens.slice(start, tokens.length - end);
    return {
      words: span.map((token) => token.text),
      text: span.length === 0 ? "" : text.slice(span[0]!.start, span.at(-1)!.end),
    };
  };
  const [from, to] = [spanOf(left, one), spanOf(right, other)];
  if (from.text === "" && to.text === "") return undefined;
  return {
    ...{ from: from.text, to: to.text, fromWords: from.words, toWords: to.words },
    ...{ before: right[start - 1]?.text, after: end === 0 ? undefined : right[right.length - end]?.text },
  };
}
