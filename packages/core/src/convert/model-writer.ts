import { checkOptions, invalidArgument } from "../check-argument.ts";
import { encodeGgufHeader, padded } from "../formats/gguf-header-writer.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { type GgufTensorDescription, writeGguf } from "../formats/gguf-writer.ts";
import type { SinkOutput } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { checkOutput, checkOutputFile, checkRoom } from "./output-file.ts";
import {
  fileTypeOf,
  isQuantizationRecipe,
  type QuantizationRecipe,
  quantizationRecipes,
} from "./quantization-recipe.ts";

/** How far the new file is. */
export interface QuantizeProgress {
  /** The tensor that is written. */
  readonly tensor: string;
  /** Bytes of tensors in the new file. */
  readonly writtenBytes: number;
  readonly totalBytes: number;
}

export interface WriteModelOptions {
  /** What the matrices become. Vectors and norms stay floats. */
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

/** A model as it shall be written. */
export interface WrittenModel {
  readonly metadata: ReadonlyMap<string, GgufEntry>;
  readonly tensors: readonly QuantizedTensor[];
  /** The bytes of a tensor in its new type, piece by piece. */
  readonly pieces: (tensor: QuantizedTensor, options: ReadOptions) => AsyncIterable<Uint8Array>;
}

/** @throws BayLingError `argument-invalid` */
export function checkWriting(output: SinkOutput, options: WriteModelOptions): void {
  checkOptions(options);
  const { type, overwrite, onProgress } = options;
  if (!isQuantizationRecipe(type)) throw invalidArgument("type", `one of ${quantizationRecipes.join(", ")}`, type);
  if (overwrite !== undefined && typeof overwrite !== "boolean") {
    throw invalidArgument("overwrite", "true or false", overwrite);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidArgument("onProgress", "a function", onProgress);
  }
  checkOutput(output);
}

/** The version of ggml's quantized layouts, the same since 2023. */
const quantizationVersion = 2;

/** What a file says of the recipe that it was made by. */
export function recipeMetadata(recipe: QuantizationRecipe): readonly (readonly [string, GgufEntry])[] {
  return [
    ["general.quantization_version", { type: "uint32", value: quantizationVersion }],
    ["general.file_type", { type: "uint32", value: fileTypeOf(recipe) }],
  ];
}

/**
 * Writes a GGUF file, of which some megabytes are in memory at a time. It appears under its name when it is complete;
 * whether the disk has room for it is asked first, and a stop leaves nothing behind.
 * @param inputs absolute paths of the files that are read
 * @returns bytes of the new file
 * @throws BayLingError `argument-invalid` for an output that is an input, `sink-exists`, `sink-unwritable`,
 * `tensor-value-invalid`, and what reading throws; the signal's reason
 */
export async function writeModel(
  output: SinkOutput,
  { metadata, tensors, pieces }: WrittenModel,
  inputs: readonly string[],
  { overwrite = false, onProgress, signal }: Omit<WriteModelOptions, "type">,
): Promise<number> {
  await checkOutputFile(output, { inputs, overwrite });
  const { bytes: header, alignment, byteLengths } = encodeGgufHeader(metadata, tensors.map(described));
  await checkRoom(
    output,
    byteLengths.reduce((size, byteLength) => size + padded(byteLength, alignment), header.length),
  );
  const totalBytes = byteLengths.reduce((sum, byteLength) => sum + byteLength, 0);
  let writtenBytes = 0;
  async function* counted(tensor: QuantizedTensor, options: ReadOptions): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces(tensor, options)) {
      yield piece;
      writtenBytes += piece.length;
      onProgress?.({ tensor: tensor.name, writtenBytes, totalBytes });
    }
  }
  const inputsOfTensors = tensors.map((tensor) => ({
    ...described(tensor),
    data: (options: ReadOptions) => counted(tensor, options),
  }));
  return writeGguf(output, { metadata, tensors: inputsOfTensors }, { signal });
}

function described({ name, shape, to }: QuantizedTensor): GgufTensorDescription {
  return { name, shape, type: to };
}
