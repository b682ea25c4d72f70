export { isContentWord } from "./alignment/content-words.ts";
export { type Alignment, Lexicon, type WordTranslation } from "./alignment/lexicon.ts";
export { type LexiconJson, lexiconFromJson, lexiconToJson } from "./alignment/lexicon-json.ts";
export { type MinedTerm, type MineOptions, mineTerms } from "./alignment/mine-terms.ts";
export { type Lexicons, lexiconKey, type TrainLexiconOptions, trainLexicons } from "./alignment/train-lexicon.ts";
export { beginAnew } from "./assembly/begin-anew.ts";
export type { CardData, LicenseUse } from "./assembly/card/card-data.ts";
export type { FileDigest } from "./assembly/durable-file.ts";
export { dialogueSchema } from "./assembly/formats/dialogue-rows.ts";
export type { ExportFormat, ParquetColumn } from "./assembly/formats/export-format.ts";
export { exportFormats, formatByName } from "./assembly/formats/formats.ts";
export { requireHeldOut } from "./assembly/held-out.ts";
export { parseShard, type Shard } from "./assembly/shard.ts";
export { checkShares, createSplitter, type SplitName, type SplitShares, type Splitter } from "./assembly/splitter.ts";
export { type CardOptions, writeCard } from "./assembly/stages/card-stage.ts";
export {
  type ExportedFile,
  type ExportFileType,
  type ExportOptions,
  type ExportResult,
  exportDialogues,
} from "./assembly/stages/export-stage.ts";
export { type GenerateOptions, generateDialogues, type StageProgress } from "./assembly/stages/generate-stage.ts";
export { type JoinOptions, joinDialogues } from "./assembly/stages/join-dialogues.ts";
export {
  loadPrepared,
  type PreparedDigest,
  type PrepareOptions,
  prepareBitext,
} from "./assembly/stages/prepare-stage.ts";
export {
  defaultTeachPlan,
  estimateTeachingOf,
  type TeachOptions,
  type TeachProgress,
  teachDialogues,
} from "./assembly/stages/teach-stage.ts";
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
export { filesOf } from "./bitext/bitext-input.ts";
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
export { balancePlan, countRequests, type RequestCounts, wantedRequests } from "./dialogues/balance-plan.ts";
export type { Derivation, Dialogue, DialogueProvenance, DialogueTurn } from "./dialogues/dialogue.ts";
export { buildDialogueIndex, DialogueIndex, type Rendering } from "./dialogues/dialogue-index.ts";
export { type DialoguePlan, defaultPlan, type RequestRates } from "./dialogues/dialogue-plan.ts";
export { type DialogueSettings, makeDialogues } from "./dialogues/make-dialogues.ts";
export { verifyDialogue } from "./dialogues/verify-dialogue.ts";
export type { TurnVerdict } from "./dialogues/verify-turn.ts";
export { type BudgetLimits, costOf, type Price, type TokenUse } from "./teacher/budget.ts";
export { type EndpointTeacherOptions, endpointTeacher } from "./teacher/endpoint-teacher.ts";
export type { TeachingEstimate } from "./teacher/estimate-teaching.ts";
export { type ModelTeacherOptions, modelTeacher } from "./teacher/model-teacher.ts";
export type { RateLimits } from "./teacher/rate-limit.ts";
export { taughtActKinds } from "./teacher/taught-acts.ts";
export type { TeachPlan } from "./teacher/teach-pair.ts";
export type { Teacher, TeacherReply, TeacherRequest } from "./teacher/teacher.ts";
export { type DialogueTextsOptions, dialogueTexts } from "./vocabulary/dialogue-texts.ts";
export { trainVocabulary, type VocabularyOptions, type VocabularyProgress } from "./vocabulary/train-vocabulary.ts";
export { writeVocabulary } from "./vocabulary/vocabulary-folder.ts";
export type { VocabularyPiece } from "./vocabulary/vocabulary-pieces.ts";
