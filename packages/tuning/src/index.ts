export type {
  BitextInput,
  Column,
  FieldPath,
  JsonlInput,
  LineAlignedInput,
  TatoebaLinksInput,
  TatoebaPairsInput,
  TmxInput,
  TsvColumns,
  TsvInput,
} from "./bitext/bitext-input.ts";
export {
  type BitextReport,
  type CountedSamples,
  createBitextReport,
  type FileReport,
  type ProblemSample,
  type ReadProblem,
  type RejectSample,
} from "./bitext/bitext-report.ts";
export type { NormalisationOptions } from "./bitext/normalisation.ts";
export { type BitextProgress, type ReadBitextOptions, readBitext } from "./bitext/read-bitext.ts";
export type { PairOrigin, SentencePair } from "./bitext/sentence-pair.ts";
export type { Derivation, Dialogue, DialogueProvenance, DialogueTurn } from "./dialogues/dialogue.ts";
