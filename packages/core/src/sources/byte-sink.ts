import { BayLingError } from "../errors.ts";
import { nodeFileSystem } from "./file-source.ts";
import { pathOfFileUrl } from "./open-source.ts";

/** Where a writer puts its bytes: a file path or `file:` URL in Node, or a stream (in a browser: of a file handle). */
export type SinkOutput = string | URL | WritableStream<Uint8Array>;

/** Takes bytes in order. Exactly one of `commit` and `discard` ends it. */
export interface ByteSink {
  readonly name: string;
  /** Resolves when the bytes are taken over: the caller may then reuse the array. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written visible. */
  commit(): Promise<void>;
  /** Takes back what was written, as far as the medium can. Never throws. */
  discard(reason: unknown): Promise<void>;
}

/** @throws BayLingError `sink-unwritable`, `source-not-supported` for a path outside Node */
export async function openSink(output: SinkOutput): Promise<ByteSink> {
  if (typeof output === "string") return openFileSink(output);
  if (output instanceof URL) {
    if (output.protocol === "file:") return openFileSink(pathOfFileUrl(output));
    throw new BayLingError("source-not-supported", {
      source: output.href,
      problem: "no way to write to this kind of URL",
      expected: "a file path or a WritableStream",
    });
  }
  return streamSink(output);
}

/**
 * Writes to a temporary file beside the target and renames it at the end, so that the target is at no time half
 * written, and an older one stays when writing fails.
 */
async function openFileSink(path: string): Promise<ByteSink> {
  const fileSystem = nodeFileSystem();
  if (fileSystem === undefined) {
    throw new BayLingError("source-not-supported", {
      source: path,
      problem: "files are written by path only in Node",
      remedy: "Pass a WritableStream",
    });
  }
  const temporary = `${path}.${globalThis.crypto.randomUUID()}.partial`;
  const handle = await unwritable(path, () => fileSystem.open(temporary, "wx"));
  let closed = false;
  return {
    name: path,
    async write(bytes: Uint8Array): Promise<void> {
      await unwritable(path, async () => {
        for (let written = 0; written < bytes.length; ) {
          written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
        }
      });
    },
    async commit(): Promise<void> {
      await unwritable(path, async () => {
        await handle.sync();
        closed = true;
        await handle.close();
        await fileSystem.rename(temporary, path);
      });
    },
    async discard(): Promise<void> {
      if (!closed) await handle.close().catch(() => {});
      await fileSystem.rm(temporary, { force: true }).catch(() => {});
    },
  };
}

function streamSink(stream: WritableStream<Uint8Array>): ByteSink {
  const name = "WritableStream";
  if (stream.locked) {
    throw new BayLingError("argument-invalid", { source: name, problem: "somebody else writes to this stream" });
  }
  const writer = stream.getWriter();
  return {
    name,
    async write(bytes: Uint8Array): Promise<void> {
      await unwritable(name, () => writer.write(bytes));
    },
    async commit(): Promise<void> {
      await unwritable(name, () => writer.close());
    },
    async discard(reason: unknown): Promise<void> {
      await writer.abort(reason).catch(() => {});
    },
  };
}

async function unwritable<T>(source: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    throw new BayLingError("sink-unwritable", {
      source,
      problem: "the bytes cannot be written",
      received: String(code ?? cause),
      remedy: code === "ENOSPC" ? "Free space on the disk" : undefined,
      cause,
    });
  }
}
