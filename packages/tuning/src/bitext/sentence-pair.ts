/** A sentence and its translation. */
export interface SentencePair {
  readonly source: string;
  readonly target: string;
  /** BCP 47 tags, with the script where it makes a difference: `en`, `de`, `zh-Hans`. */
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  readonly origin: PairOrigin;
}

/** Where a pair came from; whatever is made of it keeps it. */
export interface PairOrigin {
  /** Name of the corpus, for the card: `tatoeba`. */
  readonly corpus: string;
  /** SPDX identifier, or the words of the corpus. */
  readonly license?: string | undefined;
  /** Of the file as it was named. */
  readonly file: string;
  /** Counted from 1; of two line-aligned files the same in both. For TMX the line on which the unit begins. */
  readonly line: number;
  /** What the corpus calls it. */
  readonly id?: string | undefined;
  /** Whom its licence asks to name, in the words of the corpus. */
  readonly attribution?: string | undefined;
}
