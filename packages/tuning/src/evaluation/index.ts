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
export { type Measure, scoreCorpus } from "./measure.ts";
export { ter } from "./ter.ts";
export type { TercomOptions } from "./tokenizers/tercom.ts";
