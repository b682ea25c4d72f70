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
export type { ChineseHandling, ChineseScript } from "./bitext/chinese-script.ts";
export { type BitextFilterSettings, type FilterBitextOptions, filterBitext } from "./bitext/filter-bitext.ts";
export type { ContaminationOptions } from "./bitext/filters/contamination.ts";
export type { CopiedSourceOptions } from "./bitext/filters/copied-source.ts";
export type { BitextFilter } from "./bitext/filters/filter.ts";
export type { FoldedPair } from "./bitext/filters/folded-text.ts";
export type { LanguageOptions } from "./bitext/filters/language.ts";
export type { LengthOptions } from "./bitext/filters/length.ts";
export type { LengthRatioOptions } from "./bitext/filters/length-ratio.ts";
export type { NearDuplicatesOptions } from "./bitext/filters/near-duplicates.ts";
export type { Profanity } from "./bitext/filters/profanity.ts";
export type { ScriptOptions } from "./bitext/filters/script.ts";
export type { NormalisationOptions } from "./bitext/normalisation.ts";
export { type BitextProgress, type ReadBitextOptions, readBitext } from "./bitext/read-bitext.ts";
export type { PairOrigin, SentencePair } from "./bitext/sentence-pair.ts";
export type { Derivation, Dialogue, DialogueProvenance, DialogueTurn } from "./dialogues/dialogue.ts";
