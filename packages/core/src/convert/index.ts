export { isQuantizableType, type QuantizableType, quantize } from "../formats/quantize.ts";
export { type QuantizationRecipe, quantizationRecipes } from "./quantization-recipe.ts";
export {
  type QuantizedGguf,
  type QuantizedTensor,
  type QuantizeGgufOptions,
  type QuantizeProgress,
  quantizeGguf,
} from "./quantize-gguf.ts";
