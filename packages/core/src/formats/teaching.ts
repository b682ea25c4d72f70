import { BayLingError } from "../errors.ts";
import type { GgufMetadata } from "./gguf-metadata.ts";
import { GgufStringArray } from "./gguf-string-array.ts";
import type { GgufEntry } from "./gguf-value.ts";

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

/** GGUF's keys, each with its name in the object `bayling` of a `config.json`. */
const texts = { template: "bayling.template", system_prompt: "bayling.system_prompt" } as const;
const lists = { languages: "bayling.languages", instruction_languages: "bayling.instruction_languages" } as const;

/** @throws BayLingError `gguf-invalid` for values of other types */
export function readTeaching(metadata: GgufMetadata): Teaching | undefined {
  if (![...Object.values(texts), ...Object.values(lists)].some((key) => metadata.has(key))) return undefined;
  return {
    template: metadata.string(texts.template),
    systemPrompt: metadata.string(texts.system_prompt),
    languages: [...(metadata.strings(lists.languages) ?? [])],
    instructionLanguages: [...(metadata.strings(lists.instruction_languages) ?? [])],
  };
}

/**
 * What a `config.json` says of it, by GGUF's keys; empty for the models of others.
 * @param source the file, for messages
 * @throws BayLingError `model-config-invalid`
 */
export function teachingEntries(
  { bayling: said }: Readonly<Record<string, unknown>>,
  source: string,
): ReadonlyMap<string, GgufEntry> {
  const entries = new Map<string, GgufEntry>();
  if (said === undefined) return entries;
  if (typeof said !== "object" || said === null) throw invalid("bayling", "an object", said, source);
  const given = said as Readonly<Record<string, unknown>>;
  for (const [name, key] of Object.entries(texts)) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== "string") throw invalid(`bayling.${name}`, "a string", value, source);
    entries.set(key, { type: "string", value });
  }
  for (const [name, key] of Object.entries(lists)) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw invalid(`bayling.${name}`, "an array of strings", value, source);
    }
    const values = GgufStringArray.from(value);
    entries.set(key, { type: "array", value: { elementType: "string", values } });
  }
  return entries;
}

function invalid(field: string, expected: string, received: unknown, source: string): BayLingError {
  return new BayLingError("model-config-invalid", {
    ...{ source, field, expected, received: JSON.stringify(received) },
    problem: "what was taught to the model is not said as recipes say it",
  });
}
