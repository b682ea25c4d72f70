import { BayLingError } from "../errors.ts";
import { GgufStringArray } from "../formats/gguf-string-array.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";

/** Fields of the object `bayling` in a `config.json`; in GGUF they have the same names behind `bayling.`. */
const texts = ["template", "system_prompt"] as const;
const lists = ["languages", "instruction_languages"] as const;

/**
 * How a recipe taught a model, as its `config.json` says it, by GGUF's keys (`readTeaching`); empty for the models of others.
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
  for (const name of texts) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== "string") throw invalid(`bayling.${name}`, "a string", value, source);
    entries.set(`bayling.${name}`, { type: "string", value });
  }
  for (const name of lists) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw invalid(`bayling.${name}`, "an array of strings", value, source);
    }
    const values = GgufStringArray.from(value);
    entries.set(`bayling.${name}`, { type: "array", value: { elementType: "string", values } });
  }
  return entries;
}

function invalid(field: string, expected: string, received: unknown, source: string): BayLingError {
  return new BayLingError("model-config-invalid", {
    ...{ source, field, expected, received: JSON.stringify(received) },
    problem: "what was taught to the model is not said as recipes say it",
  });
}
