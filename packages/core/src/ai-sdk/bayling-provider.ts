import type { LanguageModelV3, ProviderV3 } from "@ai-sdk/provider";
import { checkOptions, describeValue, invalidArgument } from "../check-argument.ts";
import { AiSdkError } from "./ai-sdk-error.ts";
import { createLanguageModel, type LanguageModelOptions, type ModelInput } from "./language-model.ts";

export interface BayLingProviderSettings {
  /** Models by the ids that programs ask for. */
  readonly models: Readonly<Record<string, ModelInput>>;
}

/** Options of a model that a provider has under an id. */
export type ProviderModelOptions = Omit<LanguageModelOptions, "id">;

/** A provider of the AI SDK: call it with the id of a model. */
export interface BayLingProvider extends ProviderV3 {
  (modelId: string, options?: ProviderModelOptions): LanguageModelV3;
  languageModel(modelId: string, options?: ProviderModelOptions): LanguageModelV3;
}

/**
 * A provider of the AI SDK, for its registries and for programs that choose models by id.
 * @throws BayLingError `argument-invalid`; what it returns throws AI_NoSuchModelError
 */
export function createBayLing(settings: BayLingProviderSettings): BayLingProvider {
  checkOptions(settings);
  const { models } = settings;
  if (typeof models !== "object" || models === null) throw invalidArgument("models", "models by their ids", models);
  const loaded = new Map(Object.entries(models).map(([id, model]) => [id, shared(model)]));
  const languageModel = (modelId: string, options: ProviderModelOptions = {}): LanguageModelV3 => {
    const model = loaded.get(modelId);
    if (model === undefined) throw noSuchModel(modelId, "languageModel", [...loaded.keys()]);
    return createLanguageModel(model, { ...options, id: modelId });
  };
  const refuse = (modelType: string) => (modelId: string) => {
    throw noSuchModel(modelId, modelType, []);
  };
  const call = (modelId: string, options?: ProviderModelOptions) => languageModel(modelId, options);
  return Object.assign(call, {
    specificationVersion: "v3" as const,
    languageModel,
    embeddingModel: refuse("embeddingModel"),
    imageModel: refuse("imageModel"),
  });
}

/** Loads once, however many language models are made of it. */
function shared(input: ModelInput): ModelInput {
  if (typeof input !== "function") return input;
  let loading: ReturnType<typeof load> | undefined;
  const load = async () => input();
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

function noSuchModel(modelId: string, modelType: string, known: readonly string[]): AiSdkError {
  const hint = known.length === 0 ? "" : `; there are ${known.join(", ")}`;
  return new AiSdkError("NoSuchModelError", `No such ${modelType}: ${describeValue(modelId)}${hint}`, {
    modelId,
    modelType,
  });
}
