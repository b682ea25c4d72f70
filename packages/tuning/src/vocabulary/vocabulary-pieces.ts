/** The kinds of pieces that `sentencepiece_model.proto` knows. */
export const pieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, byte: 6 } as const;

/** An entry of a vocabulary; its id is its place. */
export interface VocabularyPiece {
  /** A space is `▁`. */
  readonly spelling: string;
  /** Of two pairs of neighbours that could be merged, the one whose merged spelling scores higher is. */
  readonly score: number;
  readonly type: (typeof pieceType)[keyof typeof pieceType];
}

/** What stands for a space in spellings (U+2581). */
export const spaceMark = "▁";
