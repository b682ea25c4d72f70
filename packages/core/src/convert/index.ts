export { isQuantizableType, type QuantizableType, quantize } from "../formats/quantize.ts";
export { type ConvertToGgufOptions, convertToGguf } from "./convert-to-gguf.ts";
export {
  applyDelta,
  type DeltaOptions,
  type DeltaResult,
  makeDelta,
} from "./delta-weights.ts";
export { type MergeAdaptersOptions, mergeAdapters } from "./merge-adapters.ts";
export type { QuantizedGguf, QuantizedTensor, QuantizeProgress } from "./model-writer.ts";
export type { FolderOutput } from "./output-folder.ts";
export { type QuantizationRecipe, quantizationRecipes } from "./quantization-recipe.ts";
export { type QuantizeGgufOptions, quantizeGguf } from "./quantize-gguf.ts";
