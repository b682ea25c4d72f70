import type { QuantizableType } from "../formats/quantize.ts";
import { type TensorType, tensorTypes } from "../formats/tensor-types.ts";

/** How a whole model is stored: all its matrices in one tensor type, or a mixture that llama.cpp named. */
export type QuantizationRecipe = "F32" | "F16" | "BF16" | "Q8_0" | "Q4_0" | "Q4_K_M" | "Q6_K";

interface RecipeFacts {
  /** The type of most matrices. */
  readonly main: QuantizableType;
  /** The number of `llama_ftype`, which a file says as `general.file_type`. */
  readonly fileType: number;
}

const recipes: Readonly<Record<QuantizationRecipe, RecipeFacts>> = {
  F32: { main: "F32", fileType: 0 },
  F16: { main: "F16", fileType: 1 },
  BF16: { main: "BF16", fileType: 32 },
  Q8_0: { main: "Q8_0", fileType: 7 },
  Q4_0: { main: "Q4_0", fileType: 2 },
  Q4_K_M: { main: "Q4_K", fileType: 15 },
  Q6_K: { main: "Q6_K", fileType: 18 },
};

export const quantizationRecipes: readonly QuantizationRecipe[] = Object.keys(recipes) as QuantizationRecipe[];

export function isQuantizationRecipe(name: unknown): name is QuantizationRecipe {
  return typeof name === "string" && Object.hasOwn(recipes, name);
}

/** `general.file_type` of a file that was made by a recipe. */
export function fileTypeOf(recipe: QuantizationRecipe): number {
  return recipes[recipe].fileType;
}

/** What a recipe looks at. */
export interface RecipeTensor {
  readonly name: string;
  /** Row-major, outermost dimension first. */
  readonly shape: readonly number[];
}

/** What a recipe has to know of a model. */
export interface RecipeModel {
  readonly tensors: Iterable<RecipeTensor>;
  /** Number of a layer's experts; 0 without. */
  readonly experts: number;
  /** Whether several query heads share a head of keys and values. */
  readonly sharedKeyValueHeads: boolean;
}

/** The type of a tensor in the new file. */
export interface TensorChoice {
  readonly type: QuantizableType;
  /** The type that the recipe wanted and whose blocks the rows do not fit. */
  readonly wanted?: QuantizableType | undefined;
}

/**
 * Says for a tensor what it becomes; `undefined` for one that keeps its type: vectors, norms and what else llama.cpp's
 * quantizer leaves alone because it is small and matters.
 */
export function chooseTensorTypes(
  recipe: QuantizationRecipe,
  model: RecipeModel,
): (tensor: RecipeTensor) => TensorChoice | undefined {
  const wantedType = recipe === "Q4_K_M" ? mixtureOfQ4KM(model) : () => recipes[recipe].main;
  return (tensor) => {
    if (!isMatrixToQuantize(tensor)) return undefined;
    const wanted = wantedType(tensor.name);
    const type = fittingType(wanted, tensor.shape.at(-1)!);
    return type === wanted ? { type } : { type, wanted };
  };
}

/** Parts of names of tensors that stay as they are: routers of experts, convolutions, positions, mixing vectors. */
const kept: readonly string[] = [
  "_norm.weight",
  "ffn_gate_inp.weight",
  "altup",
  "laurel",
  "per_layer_model_proj",
  "position_embd",
  "token_types.weight",
  "ssm_conv1d",
  "shortconv.conv.weight",
  "time_mix_",
  "attn_rel_b.weight",
];

function isMatrixToQuantize({ name, shape }: RecipeTensor): boolean {
  const outermost = shape.findIndex((extent) => extent > 1);
  const dimensions = outermost === -1 ? 0 : shape.length - outermost;
  return dimensions >= 2 && name.endsWith("weight") && !kept.some((part) => name.includes(part));
}

/** A type of at least the same precision whose blocks divide a row. */
function fittingType(wanted: QuantizableType, columns: number): QuantizableType {
  const fits = (type: TensorType) => columns % tensorTypes[type].blockSize === 0;
  if (fits(wanted)) return wanted;
  const smaller = wanted === "Q4_K" ? "Q5_0" : "Q8_0";
  return fits(smaller) ? smaller : "F16";
}

/**
 * Q4_K_M as llama.cpp mixes it (`llama-quant.cpp`): the output matrix, and in half of the layers the values of the
 * attention and the last matrix of the feed-forward network, are Q6_K, because errors in them cost most.
 */
function mixtureOfQ4KM(model: RecipeModel): (name: string) => QuantizableType {
  const names = Array.from(model.tensors, ({ name }) => name);
  const output = names.includes("output.weight") ? "output.weight" : "token_embd.weight";
  const valueLayers = layersWith(names, "attn_v.weight");
  const downLayers = layersWith(names, "ffn_down");
  const eightExperts = model.experts === 8;
  // llama.cpp knows a 70B model by its 80 layers: its few values serve eight times as many queries.
  const moreForValues = valueLayers.length === 80 && model.sharedKeyValueHeads;
  return (name) => {
    if (name === output) return "Q6_K";
    if (name.includes("attn_v.weight")) {
      if (eightExperts) return "Q8_0";
      if (takesMoreBits(layerOf(name), valueLayers)) return "Q6_K";
      return moreForValues ? "Q5_K" : "Q4_K";
    }
    if (name.includes("attn_k.weight") && eightExperts) return "Q8_0";
    if (name.includes("attn_output.weight") && eightExperts) return "Q5_K";
    if (name.includes("attn_qkv.weight")) return "Q5_K";
    if (name.includes("ffn_down") && takesMoreBits(layerOf(name), downLayers)) return "Q6_K";
    return "Q4_K";
  };
}

function layerOf(name: string): number {
  return Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
}

function layersWith(names: readonly string[], part: string): readonly number[] {
  const layers = names.filter((name) => name.includes(part)).map(layerOf);
  return [...new Set(layers)].sort((a, b) => a - b);
}

/** The first and the last eighth of the layers, and every third of the others. */
function takesMoreBits(layer: number, layers: readonly number[]): boolean {
  const index = layers.indexOf(layer);
  const eighth = Math.floor(layers.length / 8);
  return index < eighth || index >= Math.floor((7 * layers.length) / 8) || (index - eighth) % 3 === 2;
}
