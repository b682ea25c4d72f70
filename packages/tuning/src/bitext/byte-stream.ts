import { type FileHandle, open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { BayLingError } from "@bayling/core";

const chunkBytes = 2 ** 16;

export interface ByteStreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of the file were read, after each piece. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * The bytes of a file, unpacked where they are gzip's, also of several members one after the other. Hazard: the next piece
 * may overwrite the one before. Buffers of their own would be garbage of the old generation, megabytes of it at a time.
 * @throws BayLingError `source-not-found`, `source-unreadable`: with a truncated or damaged gzip file after all the bytes
 * before the damage
 */
export async function* readBytes(file: string, options: ByteStreamOptions = {}): AsyncGenerator<Uint8Array> {
  options.signal?.throwIfAborted();
  const handle = await openFile(file);
  try {
    const chunks = readChunks(file, handle, options);
    const first = await chunks.next();
    if (first.done) return;
    const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
    if (isGzip) yield* gunzip(file, first.value, chunks);
    else {
      yield first.value;
      yield* chunks;
    }
  } finally {
    await handle.close();
  }
}

/** The size of a file in bytes, as it is stored. */
export async function fileSize(file: string): Promise<number> {
  const handle = await openFile(file);
  try {
    const status = await handle.stat();
    if (status.isDirectory()) throw unreadable(file, "this is a folder", undefined, "Name the files in it");
    return status.size;
  } finally {
    await handle.close();
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (!isMissing) throw unreadable(file, "the file cannot be opened", cause);
    throw new BayLingError("source-not-found", { source: file, problem: "there is no such file", cause });
  }
}

async function* readChunks(file: string, handle: FileHandle, options: ByteStreamOptions): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  for (;;) {
    options.signal?.throwIfAborted();
    let bytesRead: number;
    try {
      ({ bytesRead } = await handle.read(buffer, 0, chunkBytes));
    } catch (cause) {
      throw unreadable(file, "the file cannot be read", cause);
    }
    if (bytesRead === 0) return;
    options.onBytes?.(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

/** So much is unpacked before what came out is handed on: at worst a thousand times as much comes out. */
const packedBytes = 2 ** 13;

/**
 * Hazard: a stream that fails throws away what it has unpacked and not yet handed on, so that the last lines before a
 * truncation would be lost. Therefore what comes out is gathered as it comes.
 */
async function* gunzip(file: string, first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip();
  let unpacked: Uint8Array[] = [];
  let failure: Error | undefined;
  let bytes = 0;
  stream.on("data", (data: Buffer) => unpacked.push(data));
  // Hazard: after damaged data the callback of a write never comes, only the stream's error.
  let wake = () => {};
  stream.on("error", (error) => {
    failure = error;
    wake();
  });
  const take = () => {
    const taken = unpacked;
    unpacked = [];
    return taken;
  };
  const write = (piece: Uint8Array) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      stream.write(piece, () => resolve());
    });
  async function* unpack(chunk: Uint8Array) {
    for (let start = 0; start < chunk.length && failure === undefined; start += packedBytes) {
      const piece = chunk.subarray(start, start + packedBytes);
      await write(piece);
      bytes += piece.length;
      yield* take();
    }
  }
  try {
    yield* unpack(first);
    for await (const chunk of rest) {
      if (failure !== undefined) break;
      yield* unpack(chunk);
    }
    if (failure === undefined) {
      await new Promise<void>((resolve) => {
        stream.once("close", resolve);
        stream.end();
      });
    }
    yield* take();
    if (failure === undefined) return;
    const problem = `the gzip data are truncated or damaged, within the first ${bytes} bytes`;
    throw unreadable(file, problem, failure, "Fetch the file again; what comes before this was read");
  } finally {
    stream.destroy();
  }
}

function unreadable(source: string, problem: string, cause: unknown, remedy?: string): BayLingError {
  return new BayLingError("source-unreadable", { source, problem, cause, remedy });
}
