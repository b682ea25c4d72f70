import { checkOptions, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { WrittenTensor } from "../formats/write-tensor.ts";
import { readShards } from "../loading/checkpoint-shards.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { isFolder, type ModelSource } from "../sources/is-folder.ts";
import { type SourceFolder, sourceFolder } from "../sources/source-folder.ts";
import { defaultShardBytes, planCheckpoint, writeCheckpoint } from "./checkpoint-writer.ts";
import { readCompanions } from "./companion-files.ts";
import type { QuantizeProgress } from "./model-writer.ts";
import { checkRoom } from "./output-file.ts";
import { checkOutputFolder, type FolderOutput, writeFolder } from "./output-folder.ts";
import { pairTensors, sumPieces, type TensorPair } from "./tensor-sums.ts";

export interface DeltaOptions {
  /** Bytes of tensors that a file holds at most, but for a tensor that is larger itself. Default 5 GB. */
  readonly maxShardBytes?: number | undefined;
  /** Called often while tensors are written. */
  readonly onProgress?: ((progress: QuantizeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DeltaResult {
  /** Bytes of the new folder. */
  readonly size: number;
  readonly tensors: number;
  /** Names of the files that hold the tensors. */
  readonly shards: readonly string[];
  /** Rows of new tokens, which the base does not have and which were taken as they are. */
  readonly addedRows: number;
}

/**
 * Adds delta weights to the model that they were made from, as the scripts of BayLing and FastChat do: every tensor of
 * one is added to the tensor of that name of the other, in half precision. So weights are published whose base may not
 * be. Folders are those of Hugging Face; configuration and tokenizer are the delta's.
 *
 * Both must have the same tensors of the same shapes. A delta whose vocabulary was enlarged has more rows in the
 * embedding table and the head: the base counts as zero there, as in FastChat. Frequencies of RoPE, which old files carry
 * along, are left out.
 *
 * The folder appears under its name when it is complete, a stop leaves nothing behind, and some megabytes are in memory
 * at a time.
 * @throws BayLingError `argument-invalid`, `sink-exists`, `sink-unwritable`, `tensor-not-found`, `model-shape-mismatch`,
 * `tensor-type-not-supported`, `tensor-value-invalid` for sums that half precision cannot hold, and the codes of
 * reading; the signal's reason
 */
export function applyDelta(
  base: ModelSource,
  delta: ModelSource,
  output: FolderOutput,
  options: DeltaOptions = {},
): Promise<DeltaResult> {
  return combine({ base, other: delta, sign: 1 }, output, options);
}

/**
 * Makes the delta weights that turn one model into another: the inverse of {@link applyDelta}, which gives the target
 * back up to the rounding of half precision. Configuration and tokenizer are the target's.
 * @throws BayLingError as {@link applyDelta} does
 */
export function makeDelta(
  base: ModelSource,
  target: ModelSource,
  output: FolderOutput,
  options: DeltaOptions = {},
): Promise<DeltaResult> {
  return combine({ base, other: target, sign: -1 }, output, options);
}

interface Combination {
  readonly base: ModelSource;
  readonly other: ModelSource;
  /** other + sign · base */
  readonly sign: 1 | -1;
}

async function combine(
  { base, other, sign }: Combination,
  output: FolderOutput,
  options: DeltaOptions,
): Promise<DeltaResult> {
  checkOptions(options);
  const { maxShardBytes = defaultShardBytes, onProgress, signal } = options;
  if (!(typeof maxShardBytes === "number" && maxShardBytes >= 1)) {
    throw invalidArgument("maxShardBytes", "a positive number", maxShardBytes);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidArgument("onProgress", "a function", onProgress);
  }
  signal?.throwIfAborted();
  await checkOutputFolder(output);
  const baseFolder = await folderOf(base, "base");
  const otherFolder = await folderOf(other, sign === 1 ? "delta" : "target");
  const { config, files } = await readCompanions(otherFolder, baseFolder, { signal });
  await using baseWeights = await readShards(baseFolder, { signal });
  await using weights = await readShards(otherFolder, { signal });
  const pairs = pairTensors(baseWeights, weights, config.tie_word_embeddings === true);
  const totalBytes = pairs.reduce((bytes, { elements }) => bytes + 2 * elements, 0);
  let writtenBytes = 0;
  async function* counted(pair: TensorPair, readOptions: ReadOptions): AsyncGenerator<Uint8Array> {
    for await (const piece of sumPieces(pair, sign, { ...readOptions, source: otherFolder.name })) {
      yield piece;
      writtenBytes += piece.length;
      onProgress?.({ tensor: pair.name, writtenBytes, totalBytes });
    }
  }
  const tensors = pairs.map((pair): WrittenTensor => {
    const { name, shape } = pair;
    return { name, type: "F16", shape, data: (readOptions) => counted(pair, readOptions) };
  });
  const plan = planCheckpoint(tensors, maxShardBytes);
  const size = files.reduce((bytes, file) => bytes + file.bytes.length, plan.byteLength);
  await checkRoom(output, size);
  await writeFolder(output, async (folder) => {
    await writeCheckpoint(plan, folder, { signal });
    for (const { name, bytes } of files) await folder.write(name, bytes);
  });
  const addedRows = Math.max(0, ...pairs.map(({ addedRows }) => addedRows));
  return { size, tensors: tensors.length, shards: plan.shards.map(({ name }) => name), addedRows };
}

/** @throws BayLingError `argument-invalid` for what is no folder */
async function folderOf(source: ModelSource, field: string): Promise<SourceFolder> {
  if (await isFolder(source)) return sourceFolder(source);
  throw new BayLingError("argument-invalid", {
    source: typeof source === "string" ? source : undefined,
    field,
    problem: "this is no folder of a model",
    expected: "a folder with config.json and weights, as Hugging Face has them",
  });
}
