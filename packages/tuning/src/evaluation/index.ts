/** Measures of translations and of models, and what asks systems for what is measured. */
export { answerQuestions, type QuestionResponse } from "./bayling-80/answer-questions.ts";
export { parseQuestions, type Question } from "./bayling-80/question.ts";
export {
  type BleuDetails,
  type BleuMeasure,
  type BleuOptions,
  type BleuSmoothing,
  type BleuTokenizer,
  bleu,
} from "./bleu.ts";
export { type ChrfOptions, chrf } from "./chrf.ts";
export {
  type BenchmarkedSystem,
  compareBenchmarks,
} from "./comparison/compare-benchmarks.ts";
export {
  type CompareTranslationsOptions,
  compareTranslations,
  type TranslationMeasure,
  type TranslationsToCompare,
  translationMeasures,
} from "./comparison/compare-translations.ts";
export {
  type Comparison,
  type ComparisonCell,
  type ComparisonColumn,
  type ComparisonRow,
  cellText,
  isBest,
} from "./comparison/comparison.ts";
export { comparisonHtml } from "./comparison/comparison-html.ts";
export { type ConstrainedReply, type ConstraintRate, constraintRate } from "./constraint-rate.ts";
export { extractChoice } from "./exams/choice-extraction.ts";
export { type ExamQuestion, type ExamReply, type ExamResult, markExam, parseExam, takeExam } from "./exams/exam.ts";
export {
  type NeuralMeasure,
  type NeuralMeasureOptions,
  type NeuralScore,
  type NeuralSegment,
  type NotRun,
  neuralScore,
} from "./external/python-measure.ts";
export {
  type BenchmarkReport,
  type BenchmarkScores,
  reportBenchmark,
  type TypingScores,
} from "./interactive/benchmark-report.ts";
export { benchmarkSignature } from "./interactive/benchmark-signature.ts";
export {
  type BenchmarkDialogue,
  type BenchmarkTurn,
  type InteractiveBenchmarkOptions,
  judgeReplies,
  runInteractiveBenchmark,
} from "./interactive/interactive-benchmark.ts";
export { type KeptWords, keptWords } from "./interactive/kept-words.ts";
export { type MadeBenchmark, type MakeBenchmarkOptions, makeBenchmark } from "./interactive/make-benchmark.ts";
export { simulateTyping, type TypingResult } from "./interactive/typing-simulation.ts";
export {
  makeVerdictSheet,
  readVerdictSheet,
  type SheetAgreement,
  type VerdictAgreement,
  type VerdictItem,
} from "./interactive/verdict-sheet.ts";
export { type JudgeAnswersOptions, type JudgedComparison, judgeAnswers, type Reviews } from "./judge/judge-answers.ts";
export { type JudgedAnswers, judgePrompt } from "./judge/judge-prompt.ts";
export { type JudgedQuestion, type JudgeReport, type JudgeTally, tallyJudgements } from "./judge/judge-tally.ts";
export { parseVerdictScores, type ScorePair } from "./judge/verdict-scores.ts";
export { type Measure, scoreCorpus } from "./measure.ts";
export {
  type BlindSheet,
  defaultCriteria,
  makeBlindSheet,
  type RankedItem,
  type Ranking,
  readBlindSheet,
  type SheetRankings,
} from "./ranking/blind-sheet.ts";
export { type CriterionReport, reportRankings, type SystemRanks } from "./ranking/ranking-report.ts";
export { RunFile } from "./run-file.ts";
export { type RunItemsOptions, runItems } from "./run-items.ts";
export {
  type PairedBootstrapOptions,
  type PairedBootstrapResult,
  pairedBootstrap,
} from "./significance/paired-bootstrap.ts";
export type { ChatSystem, ReplyRequest } from "./systems/chat-system.ts";
export { type EndpointSystemOptions, endpointSystem } from "./systems/endpoint-system.ts";
export { type InteractiveChatOptions, interactiveChat } from "./systems/interactive-chat.ts";
export type { InteractiveSystem, SteeredDialogue, TextToTranslate } from "./systems/interactive-system.ts";
export { type InteractiveTranslatorOptions, interactiveTranslator } from "./systems/interactive-translator.ts";
export { type LocalSystemOptions, localSystem } from "./systems/local-system.ts";
export { translateTexts } from "./systems/translate-texts.ts";
export { ter } from "./ter.ts";
export type { TercomOptions } from "./tokenizers/tercom.ts";
