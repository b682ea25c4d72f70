import type { GgufMetadata } from "../formats/gguf-metadata.ts";

const keys = ["general.name", "general.basename", "general.finetune", "general.base_model.0.name"];

/**
 * What a model is called, in one spelling: lower-case words between single hyphens, as in `bayling-2-llama-3-8b`. What
 * the file says, and says of what it was made from, comes first; what the file itself is called comes last, since old
 * converters wrote no name, or that of the folder they ran in.
 */
export function modelNames(metadata: GgufMetadata): readonly string[] {
  const fileName = metadata.source
    .replace(/[?#].*$/s, "")
    .split(/[/\\]/)
    .findLast((part) => part !== "");
  return keys
    .map((key) => (metadata.entry(key)?.type === "string" ? metadata.string(key)! : ""))
    .concat(fileName ?? "")
    .map((name) => name.toLowerCase().replace(/[^a-z0-9.]+/g, "-"))
    .filter((name) => /[a-z0-9]/.test(name));
}
