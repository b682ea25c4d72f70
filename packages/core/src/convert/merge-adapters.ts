import { checkOptions, invalidArgument } from "../check-argument.ts";
import { GgufMetadata } from "../formats/gguf-metadata.ts";
import { type GgufFile, type GgufInput, type GgufTensor, readGguf } from "../formats/gguf-reader.ts";
import type { AdapterInput } from "../loading/adapters/adapter.ts";
import { type AdaptedModel, openAdapters } from "../loading/adapters/open-adapters.ts";
import { readGgufModel } from "../loading/gguf-model.ts";
import { readHuggingFaceFolder } from "../loading/hugging-face-folder.ts";
import { ggufWeightName } from "../loading/weight-names.ts";
import type { SinkOutput } from "../sources/byte-sink.ts";
import { isFolder, type ModelSource } from "../sources/is-folder.ts";
import { convertOpenFolder } from "./convert-to-gguf.ts";
import { checkWriting, type QuantizedGguf, type WriteModelOptions } from "./model-writer.ts";
import { isQuantizationRecipe, type QuantizationRecipe } from "./quantization-recipe.ts";
import { type RewrittenGguf, rewriteGguf } from "./quantize-gguf.ts";

export interface MergeAdaptersOptions extends Omit<WriteModelOptions, "type"> {
  /** What is merged, one on top of the other. At least one. */
  readonly adapters: readonly AdapterInput[];
  /**
   * What the matrices become. Default: those that no adapter changes stay as they are, and so do others in F32, F16 and
   * BF16; others that are quantized become Q8_0, because rounding to four bits again loses more than many an adapter
   * changes.
   */
  readonly type?: QuantizationRecipe | undefined;
}

/**
 * Writes a model with LoRA adapters merged into its weights to one GGUF file: what `loadModel` with the same adapters
 * runs, for every program that reads GGUF. The metadata of a GGUF file stay, a folder is converted. With `type` the sums
 * are quantized, not sums that were rounded before.
 *
 * A file appears under its name when it is complete. Whether the disk has room for it is asked first; a stop leaves
 * nothing behind; some megabytes and the matrices of one weight's adapters are in memory at a time.
 * @throws BayLingError `adapter-…`, and as `quantizeGguf` and `convertToGguf` do; the signal's reason
 */
export async function mergeAdapters(
  source: ModelSource,
  output: SinkOutput,
  options: MergeAdaptersOptions,
): Promise<QuantizedGguf> {
  checkOptions(options);
  checkWriting(output, { ...options, type: options.type ?? "F32" });
  const { adapters } = options;
  if (!Array.isArray(adapters) || adapters.length === 0) {
    throw invalidArgument("adapters", "an array of at least one { source, scale }", adapters);
  }
  return (await isFolder(source))
    ? mergeIntoFolder(source, output, options)
    : mergeIntoGguf(source as GgufInput, output, options);
}

async function mergeIntoFolder(
  source: ModelSource,
  output: SinkOutput,
  options: MergeAdaptersOptions,
): Promise<QuantizedGguf> {
  const { adapters, type, signal } = options;
  const opened = await readHuggingFaceFolder(source, { signal });
  let adapted: AdaptedModel | undefined;
  try {
    adapted = await openAdapters(opened.loaded, adapters, { signal, typeOf: type && exact });
    const { loaded, files } = adapted;
    const stored = loaded.weights.get("model.embed_tokens.weight").type;
    const recipe = type ?? (isQuantizationRecipe(stored) ? stored : "F32");
    return await convertOpenFolder({ ...opened, loaded }, output, { ...options, type: recipe }, files);
  } finally {
    await adapted?.dispose();
    await opened.weights.dispose();
  }
}

async function mergeIntoGguf(
  source: GgufInput,
  output: SinkOutput,
  options: MergeAdaptersOptions,
): Promise<QuantizedGguf> {
  const { adapters, type, signal } = options;
  const file = await readGguf(source, { signal });
  let adapted: AdaptedModel | undefined;
  try {
    const loaded = await readGgufModel(file, signal);
    adapted = await openAdapters(loaded, adapters, { signal, typeOf: type && exact });
    return await rewriteGguf(adaptedFile(file, adapted), output, options);
  } finally {
    await adapted?.dispose();
    await file.dispose();
  }
}

/** Sums are quantized from float32. */
const exact = () => "F32" as const;

/** A GGUF file as it would be with the adapters merged into it. */
function adaptedFile(file: GgufFile, { loaded, changed, files }: AdaptedModel): RewrittenGguf {
  const names = new Map<string, string>();
  const tensors = new Map(file.tensors);
  for (const { name } of loaded.graph.weights) {
    const stored = ggufWeightName(name);
    const known = tensors.get(stored);
    // A head that was the embedding table is a tensor of its own now.
    if (known !== undefined && !changed.has(name)) continue;
    names.set(stored, name);
    const place: Pick<GgufTensor, "part" | "offset"> = known ?? { part: 0, offset: 0 };
    tensors.set(stored, { ...place, name: stored, ...loaded.weights.get(name) });
  }
  const sameTypes = [...tensors.values()].every(({ name, type }) => file.tensors.get(name)?.type === type);
  return {
    name: file.name,
    size: file.size,
    metadata: sameTypes ? file.metadata : withoutFileType(file.metadata),
    files: [...(file.files ?? []), ...files],
    tensors,
    readTensor: (name, range = {}) => {
      const weight = names.get(name);
      if (weight === undefined) return file.readTensor(name, range);
      const { byteLength } = loaded.weights.get(weight);
      const { offset = 0, length = byteLength - offset, signal } = range;
      return loaded.weights.read(weight, offset, length, { signal });
    },
  };
}

/** What it says is no longer so; readers then look at the tensors. */
function withoutFileType(metadata: GgufMetadata): GgufMetadata {
  return new GgufMetadata(metadata.source, new Map([...metadata].filter(([key]) => key !== "general.file_type")));
}
