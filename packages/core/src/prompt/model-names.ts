import type { GgufMetadata } from "../formats/gguf-metadata.ts";

const keys = ["general.name", "general.basename", "general.finetune", "general.base_model.0.name"];

/**
 * What a file says its model is called, in one spelling: lower-case words between single hyphens, as in
 * `bayling-2-llama-3-8b`. The names of the file and of what it was made from follow each other.
 */
export function modelNames(metadata: GgufMetadata): readonly string[] {
  return keys
    .map((key) => (metadata.entry(key)?.type === "string" ? metadata.string(key)! : ""))
    .map((name) => name.toLowerCase().replace(/[^a-z0-9.]+/g, "-"))
    .filter((name) => /[a-z0-9]/.test(name));
}
