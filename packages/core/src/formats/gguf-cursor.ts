import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";

/**
 * What the first read fetches, and every further one at least. Those of unknown need double what was read, so a header
 * of n bytes costs log n reads.
 */
const firstReadBytes = 256 * 1024;
const largestReadBytes = 64 * 1024 * 1024;

/** No real header comes near: the largest vocabularies take some 20 MB. */
const largestHeaderBytes = 256 * 1024 * 1024;

/**
 * Walks forward through the head of a file that arrives in pieces. `need` makes sure that bytes are there; the reading
 * methods then take them without waiting. Bytes behind the position are let go at the next read.
 */
export class GgufCursor {
  readonly source: ByteSource;
  readonly #options: ReadOptions;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);
  /** Where the buffer lies in the file, and where in the buffer the next value is. */
  #base = 0;
  #position = 0;

  constructor(source: ByteSource, options: ReadOptions) {
    this.source = source;
    this.#options = options;
  }

  /** Position in the file. */
  get offset(): number {
    return this.#base + this.#position;
  }

  /** Bytes from the position to the end of the file. */
  get remaining(): number {
    return this.source.size - this.offset;
  }

  /** The buffer, and where in it the position is. Valid until the next `need`. */
  get window(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly view: DataView; readonly position: number } {
    return { bytes: this.#bytes, view: this.#view, position: this.#position };
  }

  /**
   * Makes `length` bytes from the position available. Returns nothing when they already are, so that callers wait
   * only when there is something to wait for.
   * @param likely how many bytes the caller guesses it will need in the end: fetched at once, as far as they exist
   */
  need(length: number, field: string, likely: number = 0): Promise<void> | undefined {
    return this.#position + length <= this.#bytes.length ? undefined : this.#fill(length, field, likely);
  }

  async #fill(length: number, field: string, likely: number): Promise<void> {
    if (length > this.remaining) throw this.truncated(field, length);
    if (this.offset + length > largestHeaderBytes) {
      throw new BayLingError("gguf-invalid", {
        source: this.source.name,
        field,
        problem: "the header is absurdly long",
        expected: `at most ${largestHeaderBytes} bytes`,
        received: `${this.offset + length} or more`,
      });
    }
    const kept = this.#bytes.length - this.#position;
    const end = this.#base + this.#bytes.length;
    const wished = Math.max(likely - kept, likely > 0 ? 0 : end, firstReadBytes);
    const generous = Math.min(wished, largestReadBytes, this.source.size - end);
    const piece = await this.source.read(end, Math.max(length - kept, generous), this.#options);
    const bytes = kept === 0 ? piece : new Uint8Array(kept + piece.length);
    if (kept > 0) {
      bytes.set(this.#bytes.subarray(this.#position));
      bytes.set(piece, kept);
    }
    this.#base += this.#position;
    this.#position = 0;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  truncated(field: string, length: number): BayLingError {
    return new BayLingError("gguf-truncated", {
      source: this.source.name,
      field,
      problem: `the file ends too early, at byte ${this.source.size}`,
      expected: `${length} bytes from byte ${this.offset}`,
      received: `${this.remaining}`,
      remedy: "Download or copy the file again",
    });
  }

  skip(length: number): void {
    this.#position += length;
  }

  uint8(): number {
    return this.#view.getUint8(this.#position++);
  }

  int8(): number {
    return this.#view.getInt8(this.#position++);
  }

  uint16(): number {
    this.#position += 2;
    return this.#view.getUint16(this.#position - 2, true);
  }

  int16(): number {
    this.#position += 2;
    return this.#view.getInt16(this.#position - 2, true);
  }

  uint32(): number {
    this.#position += 4;
    return this.#view.getUint32(this.#position - 4, true);
  }

  int32(): number {
    this.#position += 4;
    return this.#view.getInt32(this.#position - 4, true);
  }

  float32(): number {
    this.#position += 4;
    return this.#view.getFloat32(this.#position - 4, true);
  }

  float64(): number {
    this.#position += 8;
    return this.#view.getFloat64(this.#position - 8, true);
  }

  uint64(): bigint {
    this.#position += 8;
    return this.#view.getBigUint64(this.#position - 8, true);
  }

  int64(): bigint {
    this.#position += 8;
    return this.#view.getBigInt64(this.#position - 8, true);
  }

  /** A 64-bit count, length or offset. @throws BayLingError `gguf-invalid` from 2^53 on */
  length(field: string): number {
    const low = this.uint32();
    const high = this.uint32();
    if (high < 0x200000) return high * 0x100000000 + low;
    throw new BayLingError("gguf-invalid", {
      source: this.source.name,
      field,
      problem: "absurdly large number",
      expected: "less than 2^53",
      received: String((BigInt(high) << 32n) | BigInt(low)),
    });
  }

  /** A copy of the next bytes, at the start of a buffer of its own. */
  copy(length: number): Uint8Array<ArrayBuffer> {
    this.#position += length;
    return this.#bytes.slice(this.#position - length, this.#position);
  }

  /** A view of the next bytes. */
  view(length: number): Uint8Array<ArrayBuffer> {
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }
}
