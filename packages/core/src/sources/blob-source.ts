import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "./byte-source.ts";
import { checkRange } from "./check-range.ts";

/** Reads a `Blob` or `File` by slices; the browser keeps the bytes on disk until they are asked for. */
export function blobSource(blob: Blob, name: string = blobName(blob)): ByteSource {
  let disposed = false;
  return {
    name,
    size: blob.size,
    async read(offset: number, length: number, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
      options.signal?.throwIfAborted();
      if (disposed) throw new BayLingError("disposed", { source: name, problem: "the source was disposed" });
      checkRange({ name, size: blob.size }, offset, length);
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        // A File whose bytes on disk were changed or removed rejects with NotReadableError or NotFoundError.
        throw new BayLingError("source-unreadable", {
          source: name,
          problem: "the browser could not read the file",
          remedy: "Choose the file again",
          cause: error,
        });
      }
      options.signal?.throwIfAborted();
      if (bytes.length !== length) {
        throw new BayLingError("source-changed", {
          source: name,
          problem: "the file changed after it was chosen",
          expected: `${length} bytes`,
          received: `${bytes.length}`,
        });
      }
      return bytes;
    },
    async dispose(): Promise<void> {
      disposed = true;
    },
  };
}

function blobName(blob: Blob): string {
  const { name } = blob as Partial<File>;
  return typeof name === "string" && name !== "" ? name : "Blob";
}
