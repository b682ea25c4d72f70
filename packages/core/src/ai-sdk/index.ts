/** Models for the AI SDK (`ai` 6): `generateText`, `streamText`, `generateObject` and the rest, in Node and the browser. */
export {
  type BayLingProvider,
  type BayLingProviderSettings,
  createBayLing,
  type ProviderModelOptions,
} from "./bayling-provider.ts";
export type { CallDefaults } from "./call-settings.ts";
export { createLanguageModel, type LanguageModelOptions, type ModelInput } from "./language-model.ts";
export type { BayLingProviderOptions } from "./provider-options.ts";
