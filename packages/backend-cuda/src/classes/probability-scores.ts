import { failed } from "../cuda-errors.ts";

/**
 * The score of a token whose probability came as zero. node-llama-cpp gives probabilities in float32, whose smallest
 * one is 2⁻¹⁴⁹: zero is what is less than half of it, so 2⁻¹⁵⁰ is the most that such a token can have. That is below
 * every score that is not zero, as it should be, and finite: −Infinity would say that the token must not come.
 */
export const zeroProbabilityScore: number = -150 * Math.LN2;

/**
 * Writes the log-probability of every token.
 * @param row [vocabulary]
 * @param probabilities of all tokens of the vocabulary, in any order
 * @throws BayLingError `backend-failed` when they are those of another vocabulary
 */
export function writeScores(row: Float32Array, probabilities: ReadonlyMap<number, number>): void {
  if (probabilities.size !== row.length) {
    throw failed(
      `node-llama-cpp gave the probabilities of ${probabilities.size} tokens, but the vocabulary has ${row.length}`,
    );
  }
  for (const [token, probability] of probabilities) {
    // Not `> 0`: NaN must come out as NaN, so that it is noticed.
    row[token] = probability === 0 ? zeroProbabilityScore : Math.log(probability);
  }
}
