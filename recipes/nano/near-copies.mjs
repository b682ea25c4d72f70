const words = new Map(
  ["en", "zh"].map((language) => [language, new Intl.Segmenter(language, { granularity: "word" })]),
);

/** The words of a sentence, without marks and letter case. */
export function wordsOf(text, language) {
  return [...words.get(language.split("-")[0]).segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment.toLowerCase());
}

/** Sentences, to find those from which another one differs by one word: exchanged, added, or left out. */
export class NearCopies {
  #language;
  #whole = new Set();
  #exchanged = new Set();
  #shortened = new Set();

  constructor(language) {
    this.#language = language;
  }

  add(text) {
    const tokens = wordsOf(text, this.#language);
    this.#whole.add(tokens.join(" "));
    for (const [exchanged, shortened] of variants(tokens)) {
      this.#exchanged.add(exchanged);
      this.#shortened.add(shortened);
    }
  }

  has(text) {
    const tokens = wordsOf(text, this.#language);
    const whole = tokens.join(" ");
    if (this.#whole.has(whole) || this.#shortened.has(whole)) return true;
    return variants(tokens).some(
      ([exchanged, shortened]) => this.#exchanged.has(exchanged) || this.#whole.has(shortened),
    );
  }
}

/** For each word, the sentence with a gap in its place, and without it. */
function variants(tokens) {
  return tokens.map((_, place) => [
    tokens.with(place, "*").join(" "),
    [...tokens.slice(0, place), ...tokens.slice(place + 1)].join(" "),
  ]);
}
