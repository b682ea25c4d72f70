/** Recipes: folders that train a model on dialogues. */
export { type EncodedDialogue, encodeDialogue } from "./encode-dialogue.ts";
export { type ModelShape, modelConfig, parameterCount } from "./model-shape.ts";
export { type Recipe, type RecipeOptions, writeRecipe } from "./recipe.ts";
export { type TrainingDataOptions, type TrainingDataReport, writeTrainingData } from "./training-data.ts";
export type { TrainingSettings } from "./training-settings.ts";
