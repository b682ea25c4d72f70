import { BayLingError } from "../errors.ts";
import type { ByteSink } from "../sources/byte-sink.ts";
import type { ReadOptions } from "../sources/byte-source.ts";

/** Bytes at once or piece by piece. */
export type TensorBytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A tensor to be written. */
export interface WrittenTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  /**
   * Its bytes, or a function that gives them when their turn comes: with functions that read piece by piece, no more
   * than a piece is in memory. A piece may be reused once the next one is asked for.
   */
  readonly data: TensorBytes | ((options: ReadOptions) => TensorBytes | Promise<TensorBytes>);
}

/** Pieces of this size keep cancelling quick when a tensor comes as one array. */
const pieceBytes = 16 * 1024 * 1024;

/** @throws BayLingError `argument-invalid` for a tensor that gives more or fewer bytes than it should, `sink-unwritable` */
export async function writeTensor(
  sink: ByteSink,
  { name, type, shape, data }: WrittenTensor,
  byteLength: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
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
    expected: `${byteLength} for ${type} [${shape.join(", ")}]`,
    received: written > byteLength ? `${written} or more` : String(written),
  });
}

function* cut(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}
