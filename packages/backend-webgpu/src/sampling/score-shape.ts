/** The scores that the kernels of this folder look at: `[rows, scoreStride]` f32, of which the vocabulary counts. */
export interface ScoreShape {
  /** At most 2²⁴. */
  readonly vocabularySize: number;
  /** Elements from one row to the next. */
  readonly scoreStride: number;
}

/** Consecutive tokens whose best score is noted, so that most of a row need not be looked at again; a word of a mask. */
export const groupSize = 32;

/** Threads of every workgroup. */
export const threads = 256;

/** Tokens that one workgroup goes through in kernels that spread a row over many. */
export const chunkSize: number = 8 * threads;

export function groupsOf({ vocabularySize }: ScoreShape): number {
  return Math.ceil(vocabularySize / groupSize);
}

export function chunksOf({ vocabularySize }: ScoreShape): number {
  return Math.ceil(vocabularySize / chunkSize);
}
