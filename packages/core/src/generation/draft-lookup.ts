/** How much of a draft is proposed at once: few tokens after it went wrong, more the longer it goes well. */
const leastProposal = 4;
const mostProposal = 32;
/** The longest run of tokens by which a place in the draft is found again. */
const longestMatch = 4;

/**
 * Guesses how a text goes on from a draft that it resembles: the last translation, which a revision changes here and
 * there (prompt lookup: Saxena 2023; Yang et al., arXiv 2304.04487). It follows the draft for as long as the text does,
 * and looks for the place where the two meet again when they part.
 */
export class DraftLookup {
  readonly #draft: readonly number[];
  /** The place in the draft that the text has come to; undefined where they have parted. */
  #place: number | undefined = 0;
  #length = leastProposal;

  constructor(draft: readonly number[]) {
    this.#draft = draft;
  }

  /** What may come next, at most `most` tokens; often nothing. */
  propose(most: number): readonly number[] {
    if (this.#place === undefined || most <= 0) return [];
    return this.#draft.slice(this.#place, this.#place + Math.min(this.#length, most));
  }

  /**
   * Says how the text went on after a proposal.
   * @param text all of it, the new tokens at its end
   * @param accepted how many of the `proposed` tokens came
   */
  advance(text: readonly number[], proposed: number, accepted: number): void {
    if (proposed > 0) {
      this.#length =
        accepted === proposed
          ? Math.min(mostProposal, this.#length * 2)
          : Math.max(leastProposal, Math.min(this.#length, accepted * 2));
    }
    const expected = this.#place === undefined ? undefined : this.#place + accepted;
    const onTrack = expected !== undefined && this.#draft[expected] === text.at(-1);
    this.#place = onTrack ? expected + 1 : this.#find(text, expected ?? 0);
  }

  /** The place behind the longest run of the draft that ends the text; among equals the one nearest to `near`. */
  #find(text: readonly number[], near: number): number | undefined {
    let best: number | undefined;
    let bestLength = 0;
    for (let end = 1; end < this.#draft.length; end++) {
      let length = 0;
      while (length < longestMatch && length < end && this.#draft[end - 1 - length] === text.at(-1 - length)) length++;
      if (length === 0 || length < bestLength) continue;
      if (length === bestLength && Math.abs(end - near) >= Math.abs(best! - near)) continue;
      best = end;
      bestLength = length;
    }
    return best;
  }
}
