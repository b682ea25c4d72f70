import { BayLingError, type ErrorCode } from "../errors.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import type { GgufTensorInput } from "../formats/gguf-writer.ts";
import { writeGguf } from "../formats/gguf-writer.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";

/** A source in memory that writes down what was read of it and refuses to read past its end. */
export class CountingSource implements ByteSource {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly reads: { readonly offset: number; readonly length: number }[] = [];
  disposed = 0;

  /** @param size may be more than there are bytes: zeros follow */
  constructor(bytes: Uint8Array, name: string = "test.gguf", size: number = bytes.length) {
    this.bytes = bytes;
    this.name = name;
    this.size = size;
  }

  get bytesRead(): number {
    return this.reads.reduce((sum, { length }) => sum + length, 0);
  }

  async read(offset: number, length: number, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    options.signal?.throwIfAborted();
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw new Error(`read of ${offset} + ${length} passes the end at ${this.size}`);
    }
    this.reads.push({ offset, length });
    const bytes = new Uint8Array(length);
    bytes.set(this.bytes.subarray(offset, offset + length));
    return bytes;
  }

  async dispose(): Promise<void> {
    this.disposed++;
  }
}

/** Writes a GGUF file into memory. */
export async function ggufBytes(
  metadata: Iterable<readonly [string, GgufEntry]>,
  tensors: readonly GgufTensorInput[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) => {
      chunks.push(chunk.slice());
    },
  });
  await writeGguf(stream, { metadata, tensors });
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** Builds bytes that no correct writer would write. */
export class RawGguf {
  readonly #parts: Uint8Array[] = [];

  static header(tensorCount: number | bigint, keyCount: number | bigint, version = 3): RawGguf {
    return new RawGguf().ascii("GGUF").u32(version).u64(tensorCount).u64(keyCount);
  }

  ascii(text: string): this {
    this.#parts.push(new TextEncoder().encode(text));
    return this;
  }

  raw(...bytes: readonly number[]): this {
    this.#parts.push(Uint8Array.from(bytes));
    return this;
  }

  u32(value: number): this {
    this.#parts.push(new Uint8Array(Uint32Array.of(value).buffer));
    return this;
  }

  u64(value: number | bigint): this {
    this.#parts.push(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
    return this;
  }

  string(text: string): this {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  /** Name, dimensions as the file has them (innermost first), type number, offset. */
  tensor(name: string, dimensions: readonly (number | bigint)[], type: number, offset: number | bigint): this {
    this.string(name).u32(dimensions.length);
    for (const dimension of dimensions) this.u64(dimension);
    return this.u32(type).u64(offset);
  }

  zeros(count: number): this {
    this.#parts.push(new Uint8Array(count));
    return this;
  }

  padTo(alignment: number): this {
    const { length } = this.bytes();
    return this.zeros((alignment - (length % alignment)) % alignment);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

/** The BayLingError that a promise rejects with. Anything else fails the test. */
export async function failure(promise: Promise<unknown>, code?: ErrorCode): Promise<BayLingError> {
  let error: unknown;
  try {
    await promise;
  } catch (caught) {
    error = caught;
  }
  if (!BayLingError.isInstance(error)) throw new Error(`expected a BayLingError, got ${error}`, { cause: error });
  if (code !== undefined && error.code !== code)
    throw new Error(`expected ${code}, got ${error.code}: ${error.message}`);
  return error;
}
