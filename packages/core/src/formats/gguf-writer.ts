import { BayLingError } from "../errors.ts";
import { type ByteSink, openSink, type SinkOutput } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { encodeGgufHeader, type GgufTensorDescription, padded } from "./gguf-header-writer.ts";
import type { GgufEntry } from "./gguf-value.ts";

export type { GgufTensorDescription } from "./gguf-header-writer.ts";

/** Bytes at once or piece by piece. */
export type GgufTensorBytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A tensor to be written. */
export interface GgufTensorInput extends GgufTensorDescription {
  /**
   * Its bytes, or a function that gives them when their turn comes: with functions that read piece by piece, no more
   * than a piece is in memory. A piece may be reused once the next one is asked for.
   */
  readonly data: GgufTensorBytes | ((options: ReadOptions) => GgufTensorBytes | Promise<GgufTensorBytes>);
}

/** What a GGUF file is made of. */
export interface GgufContent {
  /** Keys and values in the order of the file: a `Map`, or the metadata of an open file. */
  readonly metadata: Iterable<readonly [string, GgufEntry]>;
  readonly tensors: readonly GgufTensorInput[];
}

/** Pieces of this size keep cancelling quick when a tensor comes as one array. */
const pieceBytes = 16 * 1024 * 1024;

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

async function writeTensor(
  sink: ByteSink,
  tensor: GgufTensorInput,
  byteLength: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const { name, data } = tensor;
  const bytes = typeof data === "function" ? await data({ signal }) : data;
  let written = 0;
  for await (const piece of bytes instanceof Uint8Array ? cut(bytes) : bytes) {
    signal?.throwIfAborted();
    written += piece.length;
    if (written > byteLength) break;
    await sink.write(piece);
  }
  signal?.throwIfAborted();
  if (written === byteLength) return;
  throw new BayLingError("argument-invalid", {
    source: sink.name,
    field: name,
    problem: `the tensor gives ${written > byteLength ? "more" : "fewer"} bytes than its shape says`,
    expected: `${byteLength} for ${tensor.type} [${tensor.shape.join(", ")}]`,
    received: written > byteLength ? `${written} or more` : String(written),
  });
}

function* cut(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}
