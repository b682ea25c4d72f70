import { BayLingError, type ErrorCode } from "../errors.ts";
import type { CheckpointFile } from "../formats/checkpoint-file.ts";
import { webPage } from "../formats/gguf-magic.ts";
import { readSafetensors } from "../formats/safetensors-reader.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { parseJsonObject, readFolderFile, type SourceFolder } from "../sources/source-folder.ts";

/** A format that folders have their weights in. */
interface ShardFormat {
  /** The file that holds all tensors of a small model. */
  readonly whole: string;
  /** The file that says which shard holds which tensor. */
  readonly index: string;
  /** Names of shards: files of the folder itself. */
  readonly shard: RegExp;
  readonly open: (source: SourceInput | readonly SourceInput[], options: ReadOptions) => Promise<CheckpointFile>;
  readonly invalid: ErrorCode;
  readonly incomplete: ErrorCode;
}

/** The first that a folder has counts: where there are both, they hold the same. */
const formats: readonly ShardFormat[] = [
  {
    whole: "model.safetensors",
    index: "model.safetensors.index.json",
    shard: /^[^/\\:]+\.safetensors$/,
    open: readSafetensors,
    invalid: "safetensors-invalid",
    incomplete: "safetensors-incomplete",
  },
  {
    whole: "pytorch_model.bin",
    index: "pytorch_model.bin.index.json",
    shard: /^[^/\\:]+\.bin$/,
    open: async (source, options) => {
      const { readPytorch } = await import("../formats/pytorch/pytorch-reader.ts");
      return readPytorch(source, options);
    },
    invalid: "pytorch-invalid",
    incomplete: "pytorch-incomplete",
  },
];

/** An index has a line of some hundred bytes for each tensor. */
const mostIndexBytes = 32 * 1024 * 1024;

/** Files of the largest models; each is opened before it is known whether the next one is there. */
const mostShards = 4096;

/**
 * Opens the weights of a folder: `model.safetensors`, or the files that `model.safetensors.index.json` names; else
 * `pytorch_model.bin`, or the files that `pytorch_model.bin.index.json` names.
 * @throws BayLingError `source-not-found` when there are none, `…-incomplete` when some are missing, `…-invalid`,
 * `…-truncated`, `pytorch-not-supported`, and what reading throws
 */
export async function readShards(folder: SourceFolder, options: ReadOptions): Promise<CheckpointFile> {
  for (const format of formats) {
    const found = (await readWhole(folder, format, options)) ?? (await readIndexed(folder, format, options));
    if (found !== undefined) return found;
  }
  throw new BayLingError("source-not-found", {
    source: folder.name,
    problem: "there are no weights in the folder",
    expected: `${formats.map(({ whole, index }) => `${whole}, ${index} with the files that it names`).join(", or ")}`,
    remedy: "Download them too, or pass a GGUF file by its own name",
  });
}

async function readWhole(
  folder: SourceFolder,
  { whole, open }: ShardFormat,
  options: ReadOptions,
): Promise<CheckpointFile | undefined> {
  const input = folder.file(whole);
  if (input === undefined) return undefined;
  try {
    return await open(input, options);
  } catch (error) {
    // A server of a single-page application answers with its page for what is not there.
    const missing = BayLingError.isInstance(error) && (error.code === "source-not-found" || error.received === webPage);
    if (missing) return undefined;
    throw error;
  }
}

async function readIndexed(
  folder: SourceFolder,
  format: ShardFormat,
  options: ReadOptions,
): Promise<CheckpointFile | undefined> {
  const { invalid, incomplete } = format;
  const index = await readFolderFile(folder, format.index, { most: mostIndexBytes, code: invalid, ...options });
  if (index === undefined) return undefined;
  const { weight_map: places } = parseJsonObject(index, invalid);
  if (typeof places !== "object" || places === null || Array.isArray(places)) {
    throw new BayLingError(invalid, {
      source: index.source,
      field: "weight_map",
      problem: "the index does not say which file holds which tensor",
      expected: "an object from names to files",
    });
  }
  const entries = Object.entries(places as Readonly<Record<string, unknown>>);
  const names = [...new Set(entries.map(([, name]) => name))].map((name) => shardName(name, index.source, format));
  if (names.length < 1 || names.length > mostShards) {
    throw new BayLingError(invalid, {
      source: index.source,
      field: "weight_map",
      problem: "the index names as many files as no model has",
      expected: `1 to ${mostShards}`,
      received: String(names.length),
    });
  }
  const file = await openAll(folder, names, format, options);
  const missing = entries.find(([name]) => !file.tensors.has(name));
  if (missing === undefined) return file;
  await file.dispose();
  throw new BayLingError(incomplete, {
    source: index.source,
    field: missing[0],
    problem: "the files do not hold all tensors of the index",
    expected: `the tensor in ${String(missing[1])}`,
    remedy: "Download the files again, all from one revision",
  });
}

/** Hazard: the index is a stranger's; a path in it could lead out of the folder. */
function shardName(name: unknown, source: string, { shard, whole, invalid }: ShardFormat): string {
  if (typeof name === "string" && shard.test(name)) return name;
  throw new BayLingError(invalid, {
    source,
    field: "weight_map",
    problem: "the index names no file of its own folder",
    expected: `the name of a ${whole.slice(whole.lastIndexOf("."))} file without a path`,
    received: JSON.stringify(name),
  });
}

async function openAll(
  folder: SourceFolder,
  names: readonly string[],
  format: ShardFormat,
  options: ReadOptions,
): Promise<CheckpointFile> {
  const inputs: SourceInput[] = [];
  for (const name of names) {
    const input = folder.file(name);
    if (input === undefined) throw missingShard(folder, name, format);
    inputs.push(input);
  }
  try {
    return await format.open(inputs, options);
  } catch (error) {
    if (!BayLingError.isInstance(error) || error.code !== "source-not-found") throw error;
    throw missingShard(folder, error.source, format, error);
  }
}

function missingShard(
  folder: SourceFolder,
  missing: string | undefined,
  { index, incomplete }: ShardFormat,
  cause?: unknown,
): BayLingError {
  return new BayLingError(incomplete, {
    source: folder.name,
    problem: "files of this model are missing",
    expected: `all that ${index} names`,
    received: `no ${missing}`,
    remedy: "Download the missing files to the same place",
    cause,
  });
}
