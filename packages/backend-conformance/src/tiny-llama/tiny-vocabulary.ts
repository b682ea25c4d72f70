/** How GGUF numbers the kinds of tokens. */
const tokenTypes = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

export interface TinyVocabulary {
  readonly tokens: readonly string[];
  readonly scores: readonly number[];
  readonly types: readonly number[];
}

const words =
  "the and a to of in it was he she they you is that had said Once upon time there little girl boy big red ball play park day happy";
const characters = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'\"-:;()";

/**
 * A SentencePiece vocabulary of LLaMA's layout: `<unk>`, `<s>`, `</s>`, 256 bytes, pieces by rank, characters. Words
 * are there with every beginning of theirs, so that merging can reach them.
 */
export function tinyVocabulary(): TinyVocabulary {
  const pieces = new Set<string>();
  const longest = Math.max(...words.split(" ").map((word) => word.length));
  for (let length = 1; length <= longest; length++) {
    for (const word of words.split(" ")) if (word.length >= length) pieces.add(`▁${word.slice(0, length)}`);
  }
  for (const character of characters) pieces.delete(character);
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const ranked = [...pieces, ...characters];
  return {
    tokens: ["<unk>", "<s>", "</s>", ...bytes, ...ranked],
    scores: [0, 0, 0, ...bytes.map(() => 0), ...ranked.map((_, rank) => -rank)],
    types: [
      tokenTypes.unknown,
      tokenTypes.control,
      tokenTypes.control,
      ...bytes.map(() => tokenTypes.byte),
      ...ranked.map(() => tokenTypes.normal),
    ],
  };
}
