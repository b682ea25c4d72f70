import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "./byte-source.ts";
import { allocate, checkRange } from "./check-range.ts";

/** A read is cut into pieces of this many bytes, so that a cancelled one stops soon; Node reads at most 2 GiB at once. */
const pieceBytes = 64 * 1024 * 1024;

type FileSystem = typeof import("node:fs/promises");

/** Node's file system, or `undefined` in a browser. Reached at run time so that bundlers see no `node:` import. */
export function nodeFileSystem(): FileSystem | undefined {
  return globalThis.process?.getBuiltinModule?.("node:fs/promises");
}

/**
 * Opens a file of Node for positional reads. The handle stays open until `dispose`.
 * @throws BayLingError `source-not-found`, `source-unreadable` (a directory, no permission), `source-not-supported`
 * outside Node.
 */
export async function openFileSource(path: string, options: ReadOptions = {}): Promise<ByteSource> {
  options.signal?.throwIfAborted();
  const fileSystem = nodeFileSystem();
  if (fileSystem === undefined) {
    throw new BayLingError("source-not-supported", {
      source: path,
      problem: "files are opened by path only in Node",
      remedy: "Pass a Blob or a URL",
    });
  }
  try {
    // Asked before opening: to open a pipe would wait for a writer.
    const info = await fileSystem.stat(path);
    if (!info.isFile()) {
      throw new BayLingError("source-unreadable", {
        source: path,
        problem: "this is not a file",
        expected: "a regular file",
        received: info.isDirectory() ? "a directory" : "a device, pipe or socket",
      });
    }
    const handle = await fileSystem.open(path, "r");
    try {
      const { size } = await handle.stat();
      options.signal?.throwIfAborted();
      return new FileSource(path, size, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    if (BayLingError.isInstance(error) || options.signal?.aborted) throw error;
    throw fileError(path, error);
  }
}

type FileHandle = Awaited<ReturnType<FileSystem["open"]>>;

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly path: string | undefined;
  #handle: FileHandle | undefined;

  constructor(name: string, size: number, handle: FileHandle) {
    this.name = name;
    this.size = size;
    this.path = globalThis.process.getBuiltinModule("node:path").resolve(name);
    this.#handle = handle;
  }

  async read(offset: number, length: number, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    options.signal?.throwIfAborted();
    checkRange(this, offset, length);
    const bytes = allocate(this.name, length);
    let filled = 0;
    while (filled < length) {
      const handle = this.#handle;
      if (handle === undefined)
        throw new BayLingError("disposed", { source: this.name, problem: "the file is closed" });
      let bytesRead: number;
      try {
        const piece = Math.min(pieceBytes, length - filled);
        ({ bytesRead } = await handle.read(bytes, filled, piece, offset + filled));
      } catch (error) {
        throw fileError(this.name, error);
      }
      options.signal?.throwIfAborted();
      if (bytesRead === 0) {
        throw new BayLingError("source-changed", {
          source: this.name,
          problem: "the file became shorter after it was opened",
          expected: `${this.size} bytes`,
          received: `${offset + filled}`,
          remedy: "Open the file again once nobody writes to it",
        });
      }
      filled += bytesRead;
    }
    return bytes;
  }

  async dispose(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

function fileError(path: string, error: unknown): BayLingError {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new BayLingError("source-not-found", {
      source: path,
      problem: "there is no such file",
      remedy: "Check the path",
      cause: error,
    });
  }
  const denied = code === "EACCES" || code === "EPERM";
  return new BayLingError("source-unreadable", {
    source: path,
    problem: denied ? "the file may not be read" : "the file cannot be read",
    received: String(code ?? error),
    remedy: denied ? "Give this process permission to read it" : undefined,
    cause: error,
  });
}
