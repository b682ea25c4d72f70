import { openSink, type SinkOutput } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { encodeGgufHeader, type GgufTensorDescription, padded } from "./gguf-header-writer.ts";
import type { GgufEntry } from "./gguf-value.ts";
import { type TensorBytes, type WrittenTensor, writeTensor } from "./write-tensor.ts";

export type { GgufTensorDescription } from "./gguf-header-writer.ts";

/** Bytes at once or piece by piece. */
export type GgufTensorBytes = TensorBytes;

/** A tensor to be written. */
export interface GgufTensorInput extends GgufTensorDescription {
  /**
   * Its bytes, or a function that gives them when their turn comes: with functions that read piece by piece, no more
   * than a piece is in memory. A piece may be reused once the next one is asked for.
   */
  readonly data: WrittenTensor["data"];
}

/** What a GGUF file is made of. */
export interface GgufContent {
  /** Keys and values in the order of the file: a `Map`, or the metadata of an open file. */
  readonly metadata: Iterable<readonly [string, GgufEntry]>;
  readonly tensors: readonly GgufTensorInput[];
}

/**
 * Writes a GGUF file of version 3 and resolves with its size in bytes. A file appears under its name only when it is
 * complete; a stream is closed at the end and aborted on failure.
 * @throws BayLingError `argument-invalid` for metadata or shapes that GGUF cannot hold, and for a tensor that gives
 * more or fewer bytes than its shape says; `sink-unwritable`
 */
export async function writeGguf(output: SinkOutput, content: GgufContent, options: ReadOptions = {}): Promise<number> {
  const { signal } = options;
  signal?.throwIfAborted();
  const header = encodeGgufHeader(content.metadata, content.tensors);
  const sink = await openSink(output);
  try {
    await sink.write(header.bytes);
    let size = header.bytes.length;
    for (const [index, tensor] of content.tensors.entries()) {
      const byteLength = header.byteLengths[index]!;
      await writeTensor(sink, tensor, byteLength, signal);
      const withPadding = padded(byteLength, header.alignment);
      if (withPadding > byteLength) await sink.write(new Uint8Array(withPadding - byteLength));
      size += withPadding;
    }
    signal?.throwIfAborted();
    await sink.commit();
    return size;
  } catch (error) {
    await sink.discard(error);
    throw error;
  }
}
