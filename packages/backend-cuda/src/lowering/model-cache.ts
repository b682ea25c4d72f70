import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type GgufTensorInput, writeGguf } from "@bayling/core";
import { BayLingError } from "@bayling/core/backend";
import { defaultCacheFolder } from "./cache-folder.ts";
import { CachedFile } from "./cached-file.ts";
import type { LoweredGraph } from "./lower-graph.ts";

export interface ModelCacheOptions {
  /** Default: `bayling/models` in the user's cache folder. */
  readonly cacheFolder: string | undefined;
  /** Called as weights are read; the last time with `loadedBytes` equal to `totalBytes`. */
  readonly onProgress: (loadedBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Finds the file of a lowered graph in the cache folder, or writes it. Weights are read once in either case, to
 * compare them with what the file holds; not at all when their key has been seen.
 * @param contentKey says, without reading them, which bytes the weights are; see `LoadedModel`
 * @throws BayLingError `sink-unwritable`, also when there is no room; whatever reading a weight throws; the signal's
 * reason
 */
export async function cachedModel(
  graph: LoweredGraph,
  contentKey: string | undefined,
  options: ModelCacheOptions,
): Promise<string> {
  const { cacheFolder: folder = defaultCacheFolder(), onProgress } = options;
  const header = JSON.stringify([
    [...graph.metadata],
    graph.tensors.map(({ name, type, shape }) => [name, type, shape]),
  ]);
  const prefix = digest(header).slice(0, 16);
  const keyPath = contentKey === undefined ? undefined : join(folder, `${prefix}-${digest(contentKey)}.key`);
  await inFolder(folder, () => mkdir(folder, { recursive: true }));
  const known = keyPath && (await fileOfKey(folder, keyPath));
  if (known !== undefined) {
    onProgress(graph.byteLength, graph.byteLength);
    return known;
  }
  const path = await write(graph, folder, prefix, options);
  if (keyPath !== undefined) await inFolder(folder, () => rememberKey(keyPath, path));
  return path;
}

async function write(
  { metadata, tensors, byteLength }: LoweredGraph,
  folder: string,
  prefix: string,
  { onProgress, signal }: ModelCacheOptions,
): Promise<string> {
  const file = await inFolder(folder, () => CachedFile.open({ folder, prefix, expectedBytes: byteLength, signal }));
  let failure: unknown;
  const output = new WritableStream<Uint8Array>({
    write: async (bytes) => {
      try {
        await inFolder(folder, () => file.write(bytes));
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  });
  let loaded = 0;
  const count = (bytes: number) => {
    loaded += bytes;
    onProgress(loaded, byteLength);
  };
  try {
    const content = { metadata, tensors: tensors.map((tensor) => counted(tensor, count)) };
    await writeGguf(output, content, { signal });
    return await inFolder(folder, () => file.commit());
  } catch (error) {
    signal?.throwIfAborted();
    // The stream wraps what the file says in an error that knows less.
    throw failure ?? error;
  } finally {
    await file.dispose();
  }
}

function counted(tensor: GgufTensorInput, count: (byteLength: number) => void): GgufTensorInput {
  const { data } = tensor;
  async function* pieces(options: { readonly signal?: AbortSignal | undefined }) {
    const bytes = typeof data === "function" ? await data(options) : data;
    for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
      yield piece;
      count(piece.length);
    }
  }
  return { ...tensor, data: pieces };
}

/** The file that a content key stands for, if it is there as it was written. */
async function fileOfKey(folder: string, keyPath: string): Promise<string | undefined> {
  try {
    const [name, size] = (await readFile(keyPath, "utf8")).split("\n");
    const path = join(folder, basename(name!));
    return (await stat(path)).size === Number(size) ? path : undefined;
  } catch {
    return undefined;
  }
}

async function rememberKey(keyPath: string, path: string): Promise<void> {
  const temporary = `${keyPath}.${randomUUID()}.partial`;
  await writeFile(temporary, `${basename(path)}\n${(await stat(path)).size}\n`);
  await rename(temporary, keyPath).catch(() => rm(temporary, { force: true }));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Errors of the file system in the SDK's words. */
async function inFolder<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    if (BayLingError.isInstance(cause) || typeof code !== "string") throw cause;
    throw new BayLingError("sink-unwritable", {
      source: folder,
      problem: "the model cannot be written there in the form that llama.cpp reads",
      received: code,
      remedy: "Give the option cacheFolder a folder that can be written, with room for the model",
      cause,
    });
  }
}
