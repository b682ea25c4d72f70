import { BayLingError } from "../../errors.ts";
import type { CheckpointFile } from "../../formats/checkpoint-file.ts";
import { webPage } from "../../formats/gguf-magic.ts";
import { readSafetensors } from "../../formats/safetensors-reader.ts";
import type { ReadOptions } from "../../sources/byte-source.ts";
import type { ModelSource } from "../../sources/is-folder.ts";
import type { SourceInput } from "../../sources/open-source.ts";
import { parseJsonObject, readFolderFile, type SourceFolder, sourceFolder } from "../../sources/source-folder.ts";
import { huggingFacePairing } from "../hugging-face-names.ts";
import type { Adapter, AdapterBase } from "./adapter.ts";
import { AdapterChanges, type PartName } from "./adapter-changes.ts";
import { type PeftConfig, readPeftConfig } from "./peft-config.ts";

const configName = "adapter_config.json";
const weightsName = "adapter_model.safetensors";
const olderWeightsName = "adapter_model.bin";
const mostConfigBytes = 4 * 1024 * 1024;

/**
 * Opens a folder as PEFT saves adapters: `adapter_config.json` and `adapter_model.safetensors`, or `adapter_model.bin` of
 * older releases.
 * @throws BayLingError `adapter-…`, `safetensors-…`, `pytorch-…`, `source-…`, `tensor-type-not-supported`
 */
export async function openPeftAdapter(source: ModelSource, base: AdapterBase, options: ReadOptions): Promise<Adapter> {
  const folder = sourceFolder(source, configName);
  const limits = { most: mostConfigBytes, code: "adapter-invalid" } as const;
  const configFile = await readFolderFile(folder, configName, { ...limits, ...options });
  if (configFile === undefined) throw missing(folder, configName);
  const config = readPeftConfig(parseJsonObject(configFile, "adapter-invalid"), configFile.source);
  const file = await openWeights(folder, options);
  try {
    const changes = readChanges(file, base, config);
    const keys = [configFile.contentKey, file.contentKey];
    const contentKey = keys.includes(undefined) ? undefined : keys.join(" ");
    return { name: folder.name, changes, files: file.files ?? [], contentKey, dispose: () => file.dispose() };
  } catch (error) {
    await file.dispose();
    throw error;
  }
}

async function openWeights(folder: SourceFolder, options: ReadOptions): Promise<CheckpointFile> {
  const file = await openIfThere(folder.file(weightsName), (input) => readSafetensors(input, options));
  if (file !== undefined) return file;
  const older = await openIfThere(folder.file(olderWeightsName), async (input) => {
    const { readPytorch } = await import("../../formats/pytorch/pytorch-reader.ts");
    return readPytorch(input, options);
  });
  if (older !== undefined) return older;
  throw missing(folder, weightsName);
}

async function openIfThere(
  input: SourceInput | undefined,
  open: (input: SourceInput) => Promise<CheckpointFile>,
): Promise<CheckpointFile | undefined> {
  if (input === undefined) return undefined;
  try {
    return await open(input);
  } catch (error) {
    // A server of a single-page application answers with its page for what is not there.
    if (BayLingError.isInstance(error) && (error.code === "source-not-found" || error.received === webPage)) return;
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

function readChanges(file: CheckpointFile, base: AdapterBase, config: PeftConfig): Adapter["changes"] {
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

function missing(folder: SourceFolder, name: string): BayLingError {
  return new BayLingError("source-not-found", {
    source: folder.name,
    problem: `there is no ${name} in the folder`,
    expected: `${configName} and ${weightsName} side by side, as PEFT saves adapters`,
    remedy: "Download both, or pass a GGUF adapter by its own name",
  });
}
