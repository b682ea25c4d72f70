import { createHash, type Hash, randomUUID } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { BayLingError } from "@bayling/core/backend";

const pieceBytes = 4 * 1024 * 1024;

/** What an unfinished file is called. */
const partial = ".partial";

/** A process that still writes has touched its file since. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/** Room for the file system's own needs, and for the header. */
const spareBytes = 16 * 1024 * 1024;

export interface CachedFileOptions {
  readonly folder: string;
  /** What names of files with this header begin with. */
  readonly prefix: string;
  /** About how large the file will be. */
  readonly expectedBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * A file of the cache that takes its bytes in order. As long as they are those of a file that is already there
 * nothing is written; with the first other byte it begins a file of its own, and takes over what was equal. A file is
 * named by its content (SHA-256) and appears when it is complete, so that any number of processes may do this at once.
 */
export class CachedFile {
  readonly #options: CachedFileOptions;
  #candidates: Candidate[];
  #target: Target | undefined;
  #position = 0;
  readonly #piece = new Uint8Array(pieceBytes);

  private constructor(options: CachedFileOptions, candidates: Candidate[]) {
    this.#options = options;
    this.#candidates = candidates;
  }

  static async open(options: CachedFileOptions): Promise<CachedFile> {
    const candidates: Candidate[] = [];
    for (const name of await readdir(options.folder)) {
      const path = join(options.folder, name);
      if (name.endsWith(partial)) await removeAbandoned(path);
      if (!name.startsWith(`${options.prefix}-`) || !name.endsWith(".gguf")) continue;
      // A file that cannot be read is no candidate, and is written again.
      const handle = await open(path, "r").catch(() => undefined);
      if (handle !== undefined) candidates.push({ path, handle });
    }
    return new CachedFile(options, candidates);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#target === undefined) {
      const equal: Candidate[] = [];
      for (const candidate of this.#candidates) {
        if (await this.#holds(candidate, bytes)) equal.push(candidate);
      }
      if (equal.length > 0) {
        await this.#keep(equal);
        this.#position += bytes.length;
        return;
      }
      await this.#begin();
    }
    await this.#append(bytes);
    this.#position += bytes.length;
  }

  /** Resolves with the path of the complete file. */
  async commit(): Promise<string> {
    if (this.#target === undefined) {
      for (const { path, handle } of this.#candidates) {
        if ((await handle.stat()).size === this.#position) return path;
      }
      // Every one goes on after the end of this one.
      await this.#begin();
    }
    const { path, handle, hash } = this.#target!;
    await handle.sync();
    await handle.close();
    this.#target = undefined;
    const final = join(this.#options.folder, `${this.#options.prefix}-${hash.digest("hex")}.gguf`);
    try {
      await rename(path, final);
    } catch (error) {
      await rm(path, { force: true });
      // Windows replaces no file that somebody has open: another process was faster.
      const size = await stat(final).then(
        (info) => info.size,
        () => undefined,
      );
      if (size !== this.#position) throw error;
    }
    return final;
  }

  /** Closes what is open and removes what is unfinished. */
  async dispose(): Promise<void> {
    await this.#keep([]);
    const target = this.#target;
    this.#target = undefined;
    if (target === undefined) return;
    await target.handle.close().catch(() => {});
    await rm(target.path, { force: true }).catch(() => {});
  }

  /** Begins a file of its own, with what is equal in the files that were candidates until now. */
  async #begin(): Promise<void> {
    const [from] = this.#candidates;
    const { folder, prefix, signal, expectedBytes } = this.#options;
    await checkRoom(folder, expectedBytes + spareBytes);
    const path = join(folder, `${prefix}-${randomUUID()}${partial}`);
    this.#target = { path, handle: await open(path, "wx"), hash: createHash("sha256") };
    for (let offset = 0; offset < this.#position; offset += pieceBytes) {
      signal?.throwIfAborted();
      const length = Math.min(pieceBytes, this.#position - offset);
      const bytes = this.#piece.subarray(0, length);
      if ((await fill(from!.handle, bytes, offset)) < length) throw shrunk(from!.path);
      await this.#append(bytes);
    }
    await this.#keep([]);
  }

  /** Whether a file has these bytes at the place where they go. */
  async #holds({ handle }: Candidate, bytes: Uint8Array): Promise<boolean> {
    for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
      const expected = bytes.subarray(offset, offset + pieceBytes);
      const held = this.#piece.subarray(0, expected.length);
      if ((await fill(handle, held, this.#position + offset)) < held.length) return false;
      if (Buffer.compare(held, expected) !== 0) return false;
    }
    return true;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const { handle, hash } = this.#target!;
    hash.update(bytes);
    for (let written = 0; written < bytes.length; ) {
      written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
    }
  }

  async #keep(candidates: Candidate[]): Promise<void> {
    const dropped = this.#candidates.filter((candidate) => !candidates.includes(candidate));
    this.#candidates = candidates;
    for (const { handle } of dropped) await handle.close();
  }
}

interface Candidate {
  readonly path: string;
  readonly handle: FileHandle;
}

interface Target extends Candidate {
  readonly hash: Hash;
}

/** Reads until `bytes` is full or the file ends; resolves with how much was read. */
async function fill(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function removeAbandoned(path: string): Promise<void> {
  const touched = await stat(path).then(
    (info) => info.mtimeMs,
    () => Date.now(),
  );
  if (Date.now() - touched > abandonedAfter) await rm(path, { force: true }).catch(() => {});
}

async function checkRoom(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new BayLingError("sink-unwritable", {
    source: folder,
    problem: "there is no room for the model in the form that llama.cpp reads",
    expected: `${needed} bytes`,
    received: `${free} free`,
    remedy: "Free space on the disk, or give the option cacheFolder a folder on another one",
  });
}

function shrunk(path: string): BayLingError {
  return new BayLingError("source-changed", {
    source: path,
    problem: "the file of the cache became shorter while it was read",
    remedy: "Load the model again",
  });
}
