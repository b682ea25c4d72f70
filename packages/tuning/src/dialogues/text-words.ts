import { folded, tokenize } from "../alignment/tokenize.ts";

/** How long a text is, as people count it: words, or Han characters. */
export function sizeOf(text: string, language: string): number {
  return language.startsWith("zh") ? (text.match(/[\p{L}\p{N}]/gu) ?? []).length : tokensOf(text, language).length;
}

/** The words of a text in lower case. */
function tokensOf(text: string, language: string): readonly string[] {
  return tokenize(text, language).map((token) => folded(token.text));
}

/** How often a part stands in a text. */
export function occurrences(text: string, part: string): number {
  return text.toLowerCase().split(part.toLowerCase()).length - 1;
}

/** Single letters and Han particles are not what people talk about. */
export function isWorthSaying(text: string): boolean {
  return /\p{Script=Han}/u.test(text) ? text.length > 1 || !/[的了吗呢吧啊着过地得]/u.test(text) : text.length > 1;
}

/** A text whose first letter is a capital, as sentences begin. */
export function capitalised(text: string): string {
  return text.replace(/^(\P{L}*)(\p{Ll})/u, (_match, before: string, letter: string) => before + letter.toUpperCase());
}

const whole: Readonly<Record<string, string>> = {
  ...{
    "'m": "am",
    "'re": "are",
    "'s": "is",
    "'ve": "have",
    "'ll": "will",
    "n't": "not",
    "'d": "would",
    ca: "can",
    wo: "will",
  },
};

/** How many words either text has that the other one has not; a contraction is what it stands for. */
export function changedWords(one: string, other: string, language: string): number {
  const words = (text: string) =>
    new Set(tokensOf(text, language).flatMap((word) => (word === "cannot" ? ["can", "not"] : (whole[word] ?? word))));
  const [left, right] = [words(one), words(other)];
  let changed = 0;
  for (const word of left) if (!right.has(word)) changed++;
  for (const word of right) if (!left.has(word)) changed++;
  return changed;
}
