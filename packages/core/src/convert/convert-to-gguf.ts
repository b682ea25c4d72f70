import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import type { QuantizableType } from "../formats/quantize.ts";
import { rowBytes, type TensorType } from "../formats/tensor-types.ts";
import { type RowOrder, reorderRows, ropeRowOrder } from "../graph/rope-rows.ts";
import { ropePairings } from "../loading/gguf-config.ts";
import { type HuggingFaceFolder, readHuggingFaceFolder } from "../loading/hugging-face-folder.ts";
import { readTokenizerFiles } from "../loading/hugging-face-tokenizer.ts";
import { teachingEntries } from "../loading/teaching-entries.ts";
import { ggufWeightName, ropeFactorsName } from "../loading/weight-names.ts";
import type { SinkOutput } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { isFolder, type ModelSource } from "../sources/is-folder.ts";
import { ggufArchitecture, hyperParameterMetadata, ropeFactors } from "./hyper-parameters.ts";
import {
  checkWriting,
  type QuantizedGguf,
  type QuantizedTensor,
  recipeMetadata,
  type WriteModelOptions,
  writeModel,
} from "./model-writer.ts";
import { chooseTensorTypes } from "./quantization-recipe.ts";
import { copiedPieces, decodedPieces, encodedPieces, type ReadRange } from "./tensor-pieces.ts";
import { tokenizerMetadata } from "./tokenizer-metadata.ts";

export interface ConvertToGgufOptions extends WriteModelOptions {
  /** What the model is called, as `general.name`. Default: what the folder is called. */
  readonly name?: string | undefined;
}

/**
 * Writes a model that lies in a folder as Hugging Face has it (`config.json`, weights in safetensors or PyTorch's `.bin`,
 * `tokenizer.json` or `tokenizer.model`) into one GGUF file, as llama.cpp's converter does: hyper-parameters, tokenizer
 * and chat template as metadata, rows of queries and keys in the order of the family, vectors in F32, matrices as the
 * recipe says. Some megabytes are in memory at a time, whatever the size of the model.
 *
 * A file appears under its name when it is complete. Whether the disk has room for it is asked first; a stop leaves
 * nothing behind.
 * @param source a folder, as `loadModel` takes it: a path, a URL that ends in `/`, or files by their names
 * @throws BayLingError `argument-invalid`, `sink-exists`, `sink-unwritable`, `architecture-not-supported`,
 * `tokenizer-not-supported` for what GGUF cannot say, `tensor-value-invalid`, and the codes of reading (`source-…`,
 * `safetensors-…`, `pytorch-…`, `model-…`, `tensor-…`, `tokenizer-…`); the signal's reason
 */
export async function convertToGguf(
  source: ModelSource,
  output: SinkOutput,
  options: ConvertToGgufOptions,
): Promise<QuantizedGguf> {
  checkWriting(output, options);
  const { signal, name } = options;
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw invalidArgument("name", "what the model is called", name);
  }
  signal?.throwIfAborted();
  if (!(await isFolder(source))) {
    throw new BayLingError("argument-invalid", {
      field: "source",
      problem: "this is no folder of a model",
      expected: "a folder with config.json, weights and a tokenizer, or a list of such files",
      remedy: "To change the types of a GGUF file, quantize it",
    });
  }
  const opened = await readHuggingFaceFolder(source, { signal });
  try {
    return await convertOpenFolder(opened, output, options);
  } finally {
    await opened.weights.dispose();
  }
}

/**
 * Converts a folder that is open, or one that is as another would be.
 * @param inputs absolute paths of further files that are read
 */
export async function convertOpenFolder(
  opened: HuggingFaceFolder,
  output: SinkOutput,
  options: ConvertToGgufOptions,
  inputs: readonly string[] = [],
): Promise<QuantizedGguf> {
  const model = await describeModel(opened, options);
  const size = await writeModel(output, model, [...(opened.weights.files ?? []), ...inputs], options);
  return { sourceSize: opened.weights.size, size, tensors: model.tensors };
}

async function describeModel(opened: HuggingFaceFolder, { type: recipe, name, signal }: ConvertToGgufOptions) {
  const { folder, config: json, loaded, baseName } = opened;
  const { config, graph, weights } = loaded;
  const text = (value: string): GgufEntry => ({ type: "string", value });
  const title = name ?? config.name;
  const metadata = new Map<string, GgufEntry>([
    ["general.architecture", text(ggufArchitecture(config))],
    ["general.type", text("model")],
    ...(title === undefined ? [] : [["general.name", text(title)] as const]),
    ...(baseName === undefined ? [] : baseModel(baseName)),
    ...teachingEntries(json, folder.name),
    ...hyperParameterMetadata(config, loaded.name),
    ...recipeMetadata(recipe),
    ...(await tokenizerMetadata(await readTokenizerFiles(folder, json, { signal }), config.vocabularySize)),
  ]);

  const names = new Map(graph.weights.map(({ name }) => [ggufWeightName(name), name]));
  const shapes = Array.from(names, ([name, stored]) => ({ name, shape: weights.get(stored).shape }));
  const { numAttentionHeads, numKeyValueHeads } = config;
  const facts = { experts: 0, sharedKeyValueHeads: numKeyValueHeads !== numAttentionHeads };
  const choose = chooseTensorTypes(recipe, { tensors: shapes, ...facts });
  const tensors = shapes.map(({ name, shape }): QuantizedTensor => {
    const from = weights.get(names.get(name)!).type;
    // Vectors: llama.cpp adds and multiplies them in no other type.
    const { type: to, wanted } = choose({ name, shape }) ?? { type: "F32" };
    return wanted === undefined ? { name, shape, from, to } : { name, shape, from, to, wanted };
  });
  const factors = ropeFactors(config);
  if (factors !== undefined) {
    tensors.push({ name: ropeFactorsName, shape: [factors.length], from: "F32", to: "F32" });
  }

  const { rope, headSize, architecture } = config;
  const pairing = ropePairings[architecture];
  const order = rope.pairing === pairing ? undefined : ropeRowOrder({ headSize, ...rope }, pairing);
  const pieces = (tensor: QuantizedTensor, options: ReadOptions): AsyncIterable<Uint8Array> => {
    if (tensor.name === ropeFactorsName)
      return copiedPieces(async () => new Uint8Array(factors!.buffer), factors!.byteLength);
    const stored = names.get(tensor.name)!;
    const read = (offset: number, length: number) => weights.read(stored, offset, length, options);
    const moves = /\.attn_[qk]\./.test(tensor.name);
    return piecesOf(tensor, loaded.name, read, moves ? order : undefined);
  };
  return { metadata, tensors, pieces };
}

function baseModel(name: string): readonly (readonly [string, GgufEntry])[] {
  return [
    ["general.base_model.count", { type: "uint32", value: 1 }],
    ["general.base_model.0.name", { type: "string", value: name }],
  ];
}

/** The bytes of a tensor in its new type; with `order` the rows of every head change places. */
function piecesOf(
  { name, shape, from, to }: QuantizedTensor,
  source: string,
  read: ReadRange,
  order: RowOrder | undefined,
): AsyncIterable<Uint8Array> {
  const type = from as TensorType;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const columns = shape.length === 1 ? 1 : shape.at(-1)!;
  const group = (order?.length ?? 1) * columns;
  const ordered: ReadRange =
    order === undefined
      ? read
      : async (offset, length) => reorderRows(await read(offset, length), rowBytes(type, columns), order);
  if (from === to) return copiedPieces(ordered, rowBytes(type, elements), rowBytes(type, group));
  return encodedPieces(decodedPieces(ordered, type, elements, group), to as QuantizableType, { source, tensor: name });
}
