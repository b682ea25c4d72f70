/** Measures of translations and of models. */
export {
  type BleuDetails,
  type BleuMeasure,
  type BleuOptions,
  type BleuSmoothing,
  type BleuTokenizer,
  bleu,
} from "./bleu.ts";
export { type ChrfOptions, chrf } from "./chrf.ts";
export { type ConstrainedReply, type ConstraintRate, constraintRate } from "./constraint-rate.ts";
export { type JudgedQuestion, type JudgeReport, type JudgeTally, tallyJudgements } from "./judge/judge-tally.ts";
export { parseVerdictScores, type ScorePair } from "./judge/verdict-scores.ts";
export { type Measure, scoreCorpus } from "./measure.ts";
export {
  type PairedBootstrapOptions,
  type PairedBootstrapResult,
  pairedBootstrap,
} from "./significance/paired-bootstrap.ts";
export { ter } from "./ter.ts";
export type { TercomOptions } from "./tokenizers/tercom.ts";
