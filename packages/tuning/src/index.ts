export type { PairOrigin, SentencePair } from "./bitext/sentence-pair.ts";
