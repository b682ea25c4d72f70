import type { SentencePair } from "../sentence-pair.ts";

/**
 * A text as comparisons see it: compatible forms as one, in lower case, its letters, digits and question marks, with
 * one space for whatever is between them.
 */
export function foldText(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}?]+/gu, " ")
    .trim();
}

const unit = /[\p{Script=Han}\p{Script=Hira}\p{Script=Kana}]\p{M}*|[\p{L}\p{M}\p{N}]+/gu;
const ideograph = /^[\p{Script=Han}\p{Script=Hira}\p{Script=Kana}]/u;

/** Words, and single characters of Han and Kana. Hazard: a run of letters takes no ideograph with it. */
export function unitsOf(folded: string): readonly string[] {
  return folded.replace(/[\p{Script=Han}\p{Script=Hira}\p{Script=Kana}]/gu, " $& ").match(unit) ?? [];
}

/** Whether a unit is one character of a script that sets no spaces. */
export function isIdeograph(text: string): boolean {
  return ideograph.test(text);
}

/** A pair as comparisons see it, made when it is asked for and then remembered. */
export class FoldedPair {
  readonly #pair: SentencePair;
  #source: string | undefined;
  #target: string | undefined;
  #units: readonly [readonly string[], readonly string[]] | undefined;

  constructor(pair: SentencePair) {
    this.#pair = pair;
  }

  get source(): string {
    this.#source ??= foldText(this.#pair.source);
    return this.#source;
  }

  get target(): string {
    this.#target ??= foldText(this.#pair.target);
    return this.#target;
  }

  /** Of the source and the target. */
  get units(): readonly [readonly string[], readonly string[]] {
    this.#units ??= [unitsOf(this.source), unitsOf(this.target)];
    return this.#units;
  }
}
