import { BayLingError } from "../../errors.ts";
import { readSafetensors, type SafetensorsFile } from "../../formats/safetensors-reader.ts";
import type { ReadOptions } from "../../sources/byte-source.ts";
import type { ModelSource } from "../../sources/is-folder.ts";
import { parseJsonObject, readFolderFile, type SourceFolder, sourceFolder } from "../../sources/source-folder.ts";
import { huggingFacePairing } from "../hugging-face-names.ts";
import type { Adapter, AdapterBase } from "./adapter.ts";
import { AdapterChanges, type PartName } from "./adapter-changes.ts";
import { type PeftConfig, readPeftConfig } from "./peft-config.ts";

const configName = "adapter_config.json";
const weightsName = "adapter_model.safetensors";
const mostConfigBytes = 4 * 1024 * 1024;

/**
 * Opens a folder as PEFT saves adapters: `adapter_config.json` and `adapter_model.safetensors`.
 * @throws BayLingError `adapter-…`, `safetensors-…`, `source-…`, `tensor-type-not-supported`
 */
export async function openPeftAdapter(source: ModelSource, base: AdapterBase, options: ReadOptions): Promise<Adapter> {
  const folder = sourceFolder(source, configName);
  const limits = { most: mostConfigBytes, code: "adapter-invalid" } as const;
  const configFile = await readFolderFile(folder, configName, { ...limits, ...options });
  if (configFile === undefined) throw missing(folder, configName);
  const config = readPeftConfig(parseJsonObject(configFile, "adapter-invalid"), configFile.source);
  const weights = folder.file(weightsName);
  if (weights === undefined) throw missing(folder, weightsName);
  const file = await readSafetensors(weights, options).catch((error: unknown) => {
    if (!BayLingError.isInstance(error) || error.code !== "source-not-found") throw error;
    throw missing(folder, weightsName, error);
  });
  try {
    const changes = readChanges(file, base, config);
    const keys = [configFile.contentKey, file.contentKey];
    const contentKey = keys.includes(undefined) ? undefined : keys.join(" ");
    return { name: folder.name, changes, contentKey, dispose: () => file.dispose() };
  } catch (error) {
    await file.dispose();
    throw error;
  }
}

/** Ends of names and the parts that they mean; what stands before is the module. */
const endings: readonly (readonly [RegExp, PartName])[] = [
  [/\.lora_A(\.default)?\.weight$/, "first"],
  [/\.lora_B(\.default)?\.weight$/, "second"],
  [/\.lora_embedding_A(\.default)?$/, "first"],
  [/\.lora_embedding_B(\.default)?$/, "second"],
  [/\.lora_magnitude_vector(\.default)?(\.weight)?$/, "magnitude"],
];

function readChanges(file: SafetensorsFile, base: AdapterBase, config: PeftConfig): Adapter["changes"] {
  const changes = new AdapterChanges(file, base);
  for (const tensor of file.tensors.values()) {
    const name = tensor.name.replace(/^base_model\.model\./, "");
    const [ending, part] = endings.find(([pattern]) => pattern.test(name)) ?? [];
    if (ending !== undefined) changes.add(`${name.replace(ending, "")}.weight`, part!, tensor);
    // A weight that was trained, or saved because tokens were added to it.
    else changes.add(name.replace(/\.(base_layer|modules_to_save(\.default)?)(?=\.\w+$)/, ""), "whole", tensor);
  }
  return changes.finish({
    pairing: huggingFacePairing,
    scaling: (weight, rank) => config.scaling(weight.replace(/\.weight$/, ""), rank),
    embeddingByRank: true,
  });
}

function missing(folder: SourceFolder, name: string, cause?: unknown): BayLingError {
  return new BayLingError("source-not-found", {
    source: folder.name,
    problem: `there is no ${name} in the folder`,
    expected: `${configName} and ${weightsName} side by side, as PEFT saves adapters`,
    remedy: "Download both, or pass a GGUF adapter by its own name",
    cause,
  });
}
