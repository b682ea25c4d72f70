import { BayLingError } from "../../errors.ts";
import type { ByteSource, ReadOptions } from "../../sources/byte-source.ts";
import type { SourceInput } from "../../sources/open-source.ts";
import {
  type CheckpointFile,
  type CheckpointHeader,
  type CheckpointTensor,
  OpenCheckpointFile,
  openCheckpoint,
} from "../checkpoint-file.ts";
import { describeForeignFile } from "../gguf-magic.ts";
import { readStateDict, type StoredTensor } from "./state-dict.ts";
import { locateZipEntry, readZipDirectory, type ZipEntry } from "./zip-directory.ts";

/** Room for 100,000 tensors, of which each takes some 150 bytes. */
const mostPickleBytes = 16 * 1024 * 1024;

/** A long number of ten bytes, pickled: what torch.save began with before PyTorch 1.6, after two bytes of a protocol. */
const magicBefore16 = "\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19";

/** Over the network each takes its time. */
const readsAtOnce = 16;

/**
 * Opens a file of `torch.save`, or all the shards of one model, and reads where the tensors are, not the tensors. Of the
 * pickle in it data is read and nothing run.
 * @throws BayLingError `pytorch-invalid`, `pytorch-truncated`, `pytorch-not-supported`, `source-…`, `argument-invalid`
 */
export function readPytorch(
  source: SourceInput | readonly SourceInput[],
  options: ReadOptions = {},
): Promise<CheckpointFile> {
  return openCheckpoint(source, readHeader, (parts) => new OpenCheckpointFile(parts, "pytorch-invalid"), options);
}

async function readHeader(source: ByteSource, options: ReadOptions): Promise<CheckpointHeader> {
  await checkMagic(source, options);
  const entries = await readZipDirectory(source, options);
  const [pickle, ...others] = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined || others.length > 0 || pickle.byteLength > mostPickleBytes) {
    throw new BayLingError("pytorch-invalid", {
      source: source.name,
      problem: "the archive is not one of torch.save",
      expected: `one data.pkl of at most ${mostPickleBytes} bytes`,
      received: pickle === undefined ? "none" : `${others.length + 1} of ${pickle.byteLength} bytes`,
    });
  }
  const folder = pickle.name.slice(0, -"data.pkl".length);
  await checkByteOrder(source, entries.get(`${folder}byteorder`), options);
  const offset = await locateZipEntry(source, pickle, options);
  const stored = readStateDict(await source.read(offset, pickle.byteLength, options), source.name);
  const places = new Map<string, ZipEntry>();
  for (const tensor of stored) places.set(tensor.storage, storageOf(tensor, entries, folder, source));
  const offsets = await locate(source, places, options);
  const tensors = stored.map(({ name, type, shape, byteLength, storage, offset }): CheckpointTensor => {
    return { name, type, shape, byteLength, offset: offsets.get(storage)! + offset };
  });
  return { tensors };
}

async function checkMagic(source: ByteSource, options: ReadOptions): Promise<void> {
  const start = await source.read(0, Math.min(64, source.size), options);
  const text = String.fromCharCode(...start);
  if (text.startsWith("PK\x03\x04")) return;
  if (text.slice(2).startsWith(magicBefore16)) {
    throw new BayLingError("pytorch-not-supported", {
      source: source.name,
      problem: "the file is in the format of PyTorch before 1.6",
      expected: "a ZIP archive of torch.save",
      remedy: "Load and save it with a newer PyTorch, or take the safetensors",
    });
  }
  const { received, remedy } = describeForeignFile(start);
  const [problem, expected] = ["this is not a file of torch.save", "a ZIP archive"];
  throw new BayLingError("pytorch-invalid", { source: source.name, problem, expected, received, remedy });
}

/** Files of old releases do not say it, and were little-endian. */
async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined, options: ReadOptions): Promise<void> {
  if (entry === undefined) return;
  const offset = await locateZipEntry(source, entry, options);
  const order = new TextDecoder().decode(await source.read(offset, Math.min(entry.byteLength, 16), options));
  if (order === "little") return;
  throw new BayLingError("pytorch-not-supported", {
    source: source.name,
    field: entry.name,
    problem: "the bytes of the numbers are in another order",
    expected: "little",
    received: JSON.stringify(order),
  });
}

function storageOf(
  { name, storage, storageBytes }: StoredTensor,
  entries: ReadonlyMap<string, ZipEntry>,
  folder: string,
  source: ByteSource,
): ZipEntry {
  const entry = entries.get(`${folder}data/${storage}`);
  if (entry !== undefined && entry.byteLength >= storageBytes) return entry;
  throw new BayLingError("pytorch-invalid", {
    source: source.name,
    field: name,
    problem: "the archive does not hold the tensor's numbers",
    expected: `${storageBytes} bytes in data/${storage}`,
    received: entry === undefined ? "no such file" : `${entry.byteLength} bytes`,
    remedy: "Download the file again",
  });
}

/** Where each storage begins in the file. */
async function locate(
  source: ByteSource,
  places: ReadonlyMap<string, ZipEntry>,
  options: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  const offsets = new Map<string, number>();
  const waiting = places.entries();
  const work = async () => {
    for (const [key, entry] of waiting) offsets.set(key, await locateZipEntry(source, entry, options));
  };
  await Promise.all(Array.from({ length: readsAtOnce }, work));
  return offsets;
}
