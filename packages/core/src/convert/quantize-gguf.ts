import { BayLingError } from "../errors.ts";
import { type GgufFile, type GgufInput, type GgufTensor, readGguf } from "../formats/gguf-reader.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import type { QuantizableType } from "../formats/quantize.ts";
import { isTensorType, type TensorType, tensorTypeNames } from "../formats/tensor-types.ts";
import type { SinkOutput } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import {
  checkWriting,
  type QuantizedGguf,
  type QuantizedTensor,
  recipeMetadata,
  type WriteModelOptions,
  writeModel,
} from "./model-writer.ts";
import { chooseTensorTypes, type QuantizationRecipe } from "./quantization-recipe.ts";
import { copiedPieces, decodedPieces, encodedPieces } from "./tensor-pieces.ts";

export interface QuantizeGgufOptions extends WriteModelOptions {}

/**
 * Writes a GGUF model again with its matrices in other types: quantized from floats, quantized anew from any type that
 * can be read, or decoded. Some megabytes are in memory at a time, whatever the size of the model. Metadata stays, but
 * for `general.file_type`, `general.quantization_version`, and what said that the source is in several files.
 *
 * A file appears under its name when it is complete. Whether the disk has room for it is asked first; a stop leaves nothing behind.
 * @throws BayLingError `argument-invalid` (also for an output that is the source), `sink-exists`, `sink-unwritable`,
 * `tensor-type-not-supported`, `tensor-value-invalid`, and the codes of reading (`source-…`, `gguf-…`); the signal's
 * reason
 */
export async function quantizeGguf(
  source: GgufInput,
  output: SinkOutput,
  options: QuantizeGgufOptions,
): Promise<QuantizedGguf> {
  checkWriting(output, options);
  const file = await readGguf(source, { signal: options.signal });
  try {
    return await rewriteGguf(file, output, options);
  } finally {
    await file.dispose();
  }
}

/** What is read of a file, or of one that is as another would be. */
export type RewrittenGguf = Pick<GgufFile, "name" | "size" | "files" | "metadata" | "tensors" | "readTensor">;

export interface RewriteGgufOptions extends Omit<WriteModelOptions, "type"> {
  /** Default: tensors keep their types. */
  readonly type?: QuantizationRecipe | undefined;
}

/** Writes an open file again, as {@link quantizeGguf} does. */
export async function rewriteGguf(
  file: RewrittenGguf,
  output: SinkOutput,
  options: RewriteGgufOptions,
): Promise<QuantizedGguf> {
  const { type } = options;
  const tensors = planTensors(file, type);
  const pieces = (tensor: QuantizedTensor, read: ReadOptions) => piecesOf(file, tensor, read);
  const model = { metadata: metadataOf(file, type), tensors, pieces };
  const size = await writeModel(output, model, file.files ?? [], options);
  return { sourceSize: file.size, size, tensors };
}

/** What every tensor becomes; refuses what cannot be decoded before anything is written. */
function planTensors(file: RewrittenGguf, recipe: QuantizationRecipe | undefined): readonly QuantizedTensor[] {
  const tensors = [...file.tensors.values()];
  const choose = recipe === undefined ? () => undefined : chooseTensorTypes(recipe, { tensors, ...factsOf(file) });
  return tensors.map((tensor): QuantizedTensor => {
    const { name, shape, type: from } = tensor;
    const choice = choose(tensor);
    if (choice === undefined) return { name, shape, from, to: from };
    checkDecodable(file, tensor);
    const { type: to, wanted } = choice;
    return wanted === undefined ? { name, shape, from, to } : { name, shape, from, to, wanted };
  });
}

function checkDecodable(file: RewrittenGguf, { name, type }: GgufTensor): void {
  if (isTensorType(type)) return;
  throw new BayLingError("tensor-type-not-supported", {
    source: file.name,
    field: name,
    problem: "tensors of this type cannot be decoded",
    expected: `one of ${tensorTypeNames.join(", ")}`,
    received: type,
    remedy: "Begin with a file of the model in F32, F16 or BF16",
  });
}

/** What llama.cpp's mixtures depend on. Anything but a plain number is none of it: loading judges metadata, not this. */
function factsOf({ metadata }: RewrittenGguf): { readonly experts: number; readonly sharedKeyValueHeads: boolean } {
  const architecture = metadata.get("general.architecture");
  const number = (key: string) => {
    const value = metadata.get(`${String(architecture)}.${key}`);
    return typeof value === "number" ? value : undefined;
  };
  const heads = number("attention.head_count") ?? 0;
  return {
    experts: number("expert_count") ?? 0,
    sharedKeyValueHeads: (number("attention.head_count_kv") ?? heads) !== heads,
  };
}

function metadataOf(file: RewrittenGguf, recipe: QuantizationRecipe | undefined): ReadonlyMap<string, GgufEntry> {
  const changed = recipe === undefined ? [] : recipeMetadata(recipe);
  const metadata = new Map(file.metadata);
  for (const key of ["split.no", "split.count", "split.tensors.count", ...changed.map(([key]) => key)]) {
    metadata.delete(key);
  }
  for (const [key, entry] of changed) metadata.set(key, entry);
  return metadata;
}

function piecesOf(file: RewrittenGguf, tensor: QuantizedTensor, { signal }: ReadOptions): AsyncIterable<Uint8Array> {
  const { name, shape, from, to } = tensor;
  const read = (offset: number, length: number) => file.readTensor(name, { offset, length, signal });
  if (from === to) return copiedPieces(read, file.tensors.get(name)!.byteLength);
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const values = decodedPieces(read, from as TensorType, elements);
  return encodedPieces(values, to as QuantizableType, { source: file.name, tensor: name });
}
