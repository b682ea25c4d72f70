/** A reply to a request for a translation with certain words in it. */
export interface ConstrainedReply {
  readonly reply: string;
  readonly terms: readonly string[];
}

export interface ConstraintRate {
  readonly terms: number;
  readonly termsMet: number;
  readonly sentences: number;
  /** Sentences with all their terms. */
  readonly sentencesMet: number;
  /** Of 100; NaN where nothing was asked for. */
  readonly termRate: number;
  /** Of 100; NaN without sentences. */
  readonly sentenceRate: number;
}

/**
 * How many of the words that were asked for are there, as they are written, case included. A term is one even if the
 * same one was asked for twice.
 */
export function constraintRate(replies: Iterable<ConstrainedReply>): ConstraintRate {
  let [terms, termsMet, sentences, sentencesMet] = [0, 0, 0, 0];
  for (const { reply, terms: asked } of replies) {
    const met = asked.filter((term) => reply.includes(term)).length;
    terms += asked.length;
    termsMet += met;
    sentences++;
    if (met === asked.length) sentencesMet++;
  }
  const rate = (part: number, whole: number) => (whole === 0 ? Number.NaN : (100 * part) / whole);
  return {
    ...{ terms, termsMet, sentences, sentencesMet },
    termRate: rate(termsMet, terms),
    sentenceRate: rate(sentencesMet, sentences),
  };
}
