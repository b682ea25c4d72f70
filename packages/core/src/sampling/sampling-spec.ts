/**
 * How a token is drawn from a row of scores, complete and validated. The order is fixed: log-softmax → logit bias →
 * repetition, frequency and presence penalties → mask → temperature → top-k → top-p → min-p → draw.
 */
export interface SamplingSpec {
  /** 0 takes the best token (ties: the lowest id); larger flattens the distribution. */
  readonly temperature: number;
  /** Keep the k best tokens; 0 keeps all. */
  readonly topK: number;
  /** Keep the smallest set of best tokens whose probability reaches p (Holtzman et al., arXiv 1904.09751); 1 keeps all. */
  readonly topP: number;
  /** Keep tokens at least this fraction as probable as the best (Nguyen et al., arXiv 2407.01082); 0 keeps all. */
  readonly minP: number;
  /** Divides positive scores of tokens seen and multiplies negative ones (Keskar et al., arXiv 1909.05858); 1 is off. */
  readonly repetitionPenalty: number;
  /** Subtracted once for every time a token was seen; 0 is off. */
  readonly frequencyPenalty: number;
  /** Subtracted once if a token was seen at all; 0 is off. */
  readonly presencePenalty: number;
  /** How many of the last tokens the penalties look at. */
  readonly penaltyWindow: number;
  /** Added to the scores of single tokens; −Infinity forbids. */
  readonly logitBias: ReadonlyMap<number, number>;
  /** Unsigned 32-bit. The draw at a position depends on seed and position alone, wherever it is made. */
  readonly seed: number;
}
