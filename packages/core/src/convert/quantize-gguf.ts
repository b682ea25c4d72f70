import { checkOptions, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { encodeGgufHeader, padded } from "../formats/gguf-header-writer.ts";
import { type GgufFile, type GgufInput, type GgufTensor, readGguf } from "../formats/gguf-reader.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { type GgufContent, type GgufTensorInput, writeGguf } from "../formats/gguf-writer.ts";
import type { QuantizableType } from "../formats/quantize.ts";
import { isTensorType, type TensorType, tensorTypeNames } from "../formats/tensor-types.ts";
import type { SinkOutput } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { checkOutput, checkOutputFile, checkRoom } from "./output-file.ts";
import {
  chooseTensorTypes,
  fileTypeOf,
  isQuantizationRecipe,
  type QuantizationRecipe,
  quantizationRecipes,
} from "./quantization-recipe.ts";
import { copiedPieces, decodedPieces, encodedPieces } from "./tensor-pieces.ts";

/** How far the new file is. */
export interface QuantizeProgress {
  /** The tensor that is written. */
  readonly tensor: string;
  /** Bytes of tensors in the new file. */
  readonly writtenBytes: number;
  readonly totalBytes: number;
}

export interface QuantizeGgufOptions {
  /** What the matrices become. Vectors and norms stay as they are. */
  readonly type: QuantizationRecipe;
  /** Replace a file that has the output's name. Default: refuse. */
  readonly overwrite?: boolean | undefined;
  /** Called often while tensors are written. */
  readonly onProgress?: ((progress: QuantizeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a tensor. */
export interface QuantizedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its type in the source and in the new file: any of ggml where they are equal. */
  readonly from: string;
  readonly to: string;
  /** The type that the recipe wanted, where the rows do not divide into its blocks. */
  readonly wanted?: string | undefined;
}

export interface QuantizedGguf {
  /** Bytes of the source, all its parts together. */
  readonly sourceSize: number;
  /** Bytes of the new file. */
  readonly size: number;
  readonly tensors: readonly QuantizedTensor[];
}

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
  checkOptions(options);
  const { type, overwrite = false, onProgress, signal } = options;
  if (!isQuantizationRecipe(type)) throw invalidArgument("type", `one of ${quantizationRecipes.join(", ")}`, type);
  if (typeof overwrite !== "boolean") throw invalidArgument("overwrite", "true or false", overwrite);
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidArgument("onProgress", "a function", onProgress);
  }
  checkOutput(output);
  const file = await readGguf(source, { signal });
  try {
    await checkOutputFile(output, { inputs: file.files ?? [], overwrite });
    const tensors = planTensors(file, type);
    const metadata = metadataOf(file, type);
    const { bytes: header, alignment, byteLengths } = encodeGgufHeader(metadata, tensors.map(described));
    await checkRoom(
      output,
      byteLengths.reduce((size, byteLength) => size + padded(byteLength, alignment), header.length),
    );
    const progress = new ByteCount(
      byteLengths.reduce((sum, byteLength) => sum + byteLength, 0),
      onProgress,
    );
    const content: GgufContent = {
      metadata,
      tensors: tensors.map(
        (tensor): GgufTensorInput => ({
          ...described(tensor),
          data: (readOptions) => progress.counted(tensor.name, piecesOf(file, tensor, readOptions)),
        }),
      ),
    };
    const size = await writeGguf(output, content, { signal });
    return { sourceSize: file.size, size, tensors };
  } finally {
    await file.dispose();
  }
}

function described({ name, shape, to }: QuantizedTensor): { name: string; shape: readonly number[]; type: string } {
  return { name, shape, type: to };
}

/** What every tensor becomes; refuses what cannot be decoded before anything is written. */
function planTensors(file: GgufFile, recipe: QuantizationRecipe): readonly QuantizedTensor[] {
  const tensors = [...file.tensors.values()];
  const choose = chooseTensorTypes(recipe, { tensors, ...factsOf(file) });
  return tensors.map((tensor): QuantizedTensor => {
    const { name, shape, type: from } = tensor;
    const choice = choose(tensor);
    if (choice === undefined) return { name, shape, from, to: from };
    checkDecodable(file, tensor);
    const { type: to, wanted } = choice;
    return wanted === undefined ? { name, shape, from, to } : { name, shape, from, to, wanted };
  });
}

function checkDecodable(file: GgufFile, { name, type }: GgufTensor): void {
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
function factsOf({ metadata }: GgufFile): { readonly experts: number; readonly sharedKeyValueHeads: boolean } {
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

/** The version of ggml's quantized layouts, the same since 2023. */
const quantizationVersion = 2;

function metadataOf(file: GgufFile, recipe: QuantizationRecipe): ReadonlyMap<string, GgufEntry> {
  const changed: readonly (readonly [string, GgufEntry])[] = [
    ["general.quantization_version", { type: "uint32", value: quantizationVersion }],
    ["general.file_type", { type: "uint32", value: fileTypeOf(recipe) }],
  ];
  const metadata = new Map(file.metadata);
  for (const key of ["split.no", "split.count", "split.tensors.count", ...changed.map(([key]) => key)]) {
    metadata.delete(key);
  }
  for (const [key, entry] of changed) metadata.set(key, entry);
  return metadata;
}

function piecesOf(file: GgufFile, tensor: QuantizedTensor, { signal }: ReadOptions): AsyncIterable<Uint8Array> {
  const { name, shape, from, to } = tensor;
  const read = (offset: number, length: number) => file.readTensor(name, { offset, length, signal });
  if (from === to) return copiedPieces(read, file.tensors.get(name)!.byteLength);
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const values = decodedPieces(read, from as TensorType, elements);
  return encodedPieces(values, to as QuantizableType, { source: file.name, tensor: name });
}

/** Counts bytes that go to the new file. */
class ByteCount {
  readonly #totalBytes: number;
  readonly #onProgress: QuantizeGgufOptions["onProgress"];
  #writtenBytes = 0;

  constructor(totalBytes: number, onProgress: QuantizeGgufOptions["onProgress"]) {
    this.#totalBytes = totalBytes;
    this.#onProgress = onProgress;
  }

  async *counted(tensor: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      yield piece;
      this.#writtenBytes += piece.length;
      this.#onProgress?.({ tensor, writtenBytes: this.#writtenBytes, totalBytes: this.#totalBytes });
    }
  }
}
