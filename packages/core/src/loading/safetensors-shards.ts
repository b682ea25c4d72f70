import { BayLingError } from "../errors.ts";
import { webPage } from "../formats/gguf-magic.ts";
import { readSafetensors, type SafetensorsFile } from "../formats/safetensors-reader.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { parseJsonObject, readFolderFile, type SourceFolder } from "../sources/source-folder.ts";

const wholeName = "model.safetensors";
const indexName = "model.safetensors.index.json";

/** An index has a line of some hundred bytes for each tensor. */
const mostIndexBytes = 32 * 1024 * 1024;

/** Files of the largest models; each is opened before it is known whether the next one is there. */
const mostShards = 4096;

/**
 * Opens the weights of a folder: `model.safetensors`, or the files that `model.safetensors.index.json` names.
 * @throws BayLingError `source-not-found` when there are none, `safetensors-incomplete` when some are missing,
 * `safetensors-invalid`, `safetensors-truncated`, and what reading throws
 */
export async function readShards(folder: SourceFolder, options: ReadOptions): Promise<SafetensorsFile> {
  const whole = await readWhole(folder, options);
  if (whole !== undefined) return whole;
  const limits = { most: mostIndexBytes, code: "safetensors-invalid" } as const;
  const index = await readFolderFile(folder, indexName, { ...limits, ...options });
  if (index === undefined) {
    throw new BayLingError("source-not-found", {
      source: folder.name,
      problem: "there are no weights in the folder",
      expected: `${wholeName}, or ${indexName} with the files that it names`,
      remedy: "Download them too, or pass a GGUF file by its own name",
    });
  }
  const { weight_map: places } = parseJsonObject(index, "safetensors-invalid");
  if (typeof places !== "object" || places === null || Array.isArray(places)) {
    throw new BayLingError("safetensors-invalid", {
      source: index.source,
      field: "weight_map",
      problem: "the index does not say which file holds which tensor",
      expected: "an object from names to files",
    });
  }
  const entries = Object.entries(places as Readonly<Record<string, unknown>>);
  const names = [...new Set(entries.map(([, name]) => name))].map((name) => shardName(name, index.source));
  if (names.length > mostShards) {
    throw new BayLingError("safetensors-invalid", {
      source: index.source,
      field: "weight_map",
      problem: "the index names more files than any model has",
      expected: `at most ${mostShards}`,
      received: String(names.length),
    });
  }
  const file = await openAll(folder, names, options);
  const missing = entries.find(([name]) => !file.tensors.has(name));
  if (missing === undefined) return file;
  await file.dispose();
  throw new BayLingError("safetensors-incomplete", {
    source: index.source,
    field: missing[0],
    problem: "the files do not hold all tensors of the index",
    expected: `the tensor in ${String(missing[1])}`,
    remedy: "Download the files again, all from one revision",
  });
}

async function readWhole(folder: SourceFolder, options: ReadOptions): Promise<SafetensorsFile | undefined> {
  const input = folder.file(wholeName);
  if (input === undefined) return undefined;
  try {
    return await readSafetensors(input, options);
  } catch (error) {
    // A server of a single-page application answers with its page for what is not there.
    const missing = BayLingError.isInstance(error) && (error.code === "source-not-found" || error.received === webPage);
    if (missing) return undefined;
    throw error;
  }
}

/** Hazard: the index is a stranger's; a path in it could lead out of the folder. */
function shardName(name: unknown, source: string): string {
  if (typeof name === "string" && /^[^/\\:]+\.safetensors$/.test(name)) return name;
  throw new BayLingError("safetensors-invalid", {
    source,
    field: "weight_map",
    problem: "the index names no file of its own folder",
    expected: "the name of a .safetensors file without a path",
    received: JSON.stringify(name),
  });
}

async function openAll(folder: SourceFolder, names: readonly string[], options: ReadOptions): Promise<SafetensorsFile> {
  const inputs: SourceInput[] = [];
  for (const name of names) {
    const input = folder.file(name);
    if (input === undefined) throw incomplete(folder, name);
    inputs.push(input);
  }
  try {
    return await readSafetensors(inputs, options);
  } catch (error) {
    if (!BayLingError.isInstance(error) || error.code !== "source-not-found") throw error;
    throw incomplete(folder, error.source, error);
  }
}

function incomplete(folder: SourceFolder, missing: string | undefined, cause?: unknown): BayLingError {
  return new BayLingError("safetensors-incomplete", {
    source: folder.name,
    problem: "files of this model are missing",
    expected: `all that ${indexName} names`,
    received: `no ${missing}`,
    remedy: "Download the missing files to the same place",
    cause,
  });
}
