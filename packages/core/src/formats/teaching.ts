import type { GgufMetadata } from "./gguf-metadata.ts";

/** How a recipe of `@bayling/tuning` taught a model, so that nobody has to say it again where the model is used. */
export interface Teaching {
  /** Name of a built-in template. Default: the one that the tokenizer brings. */
  readonly template?: string | undefined;
  /** What the model was told first; empty for nothing. Default: what the template says. */
  readonly systemPrompt?: string | undefined;
  /** BCP 47; those of the translations. */
  readonly languages: readonly string[];
  /** BCP 47; those of the instructions, the most frequent one first. */
  readonly instructionLanguages: readonly string[];
}

const keys = {
  ...{ template: "bayling.template", systemPrompt: "bayling.system_prompt" },
  ...{ languages: "bayling.languages", instructionLanguages: "bayling.instruction_languages" },
} as const;

/** @throws BayLingError `gguf-invalid` for values of other types */
export function readTeaching(metadata: GgufMetadata): Teaching | undefined {
  if (!Object.values(keys).some((key) => metadata.has(key))) return undefined;
  return {
    template: metadata.string(keys.template),
    systemPrompt: metadata.string(keys.systemPrompt),
    languages: [...(metadata.strings(keys.languages) ?? [])],
    instructionLanguages: [...(metadata.strings(keys.instructionLanguages) ?? [])],
  };
}
