export type { PairOrigin, SentencePair } from "./bitext/sentence-pair.ts";
export type { Derivation, Dialogue, DialogueProvenance, DialogueTurn } from "./dialogues/dialogue.ts";
