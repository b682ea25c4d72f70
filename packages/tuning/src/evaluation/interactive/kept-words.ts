/** What comparisons of texts go by: words of the languages that write them apart, characters of the others. */
function unitsOf(text: string, language: string): string[] {
  const segmenter = new Intl.Segmenter(language, { granularity: "word" });
  return [...segmenter.segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment.toLowerCase());
}

/** The longest sequence of units that stands in both, in order. */
export function commonUnits(one: readonly string[], other: readonly string[]): string[] {
  const width = other.length + 1;
  const lengths = new Uint16Array((one.length + 1) * width);
  for (let row = one.length - 1; row >= 0; row--) {
    for (let column = other.length - 1; column >= 0; column--) {
      const here = row * width + column;
      lengths[here] =
        one[row] === other[column]
          ? lengths[here + width + 1]! + 1
          : Math.max(lengths[here + width]!, lengths[here + 1]!);
    }
  }
  const common: string[] = [];
  let [row, column] = [0, 0];
  while (row < one.length && column < other.length) {
    const here = row * width + column;
    if (one[row] === other[column]) {
      common.push(one[row]!);
      row++;
      column++;
    } else if (lengths[here + width]! >= lengths[here + 1]!) row++;
    else column++;
  }
  return common;
}

/** How much of what a revision was not to touch a reply left alone. */
export interface KeptWords {
  /** Words that the reference revision left as they were. */
  readonly untouched: number;
  /** Of these, those that the reply has too, in order. */
  readonly kept: number;
}

/**
 * @param before the translation that was revised
 * @param reference a revision that does what was asked, and no more
 */
export function keptWords(
  { before, reference, reply }: Readonly<Record<"before" | "reference" | "reply", string>>,
  language: string,
): KeptWords {
  const untouched = commonUnits(unitsOf(before, language), unitsOf(reference, language));
  return { untouched: untouched.length, kept: commonUnits(untouched, unitsOf(reply, language)).length };
}
