import { BayLingError } from "../../errors.ts";
import type { ByteSource, ReadOptions } from "../../sources/byte-source.ts";

/** A file in a ZIP archive, stored as it is. */
export interface ZipEntry {
  readonly name: string;
  readonly byteLength: number;
  /** Where its own header begins in the archive. */
  readonly headerOffset: number;
  /** Where what follows it begins. */
  readonly limit: number;
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 };
const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;
const centralBytes = 46;
const localBytes = 30;
const mostCommentBytes = 0xffff;

/** Room for 100,000 files; the largest models have a hundredth of that in one archive. */
const mostDirectoryBytes = 16 * 1024 * 1024;

/**
 * Reads the directory of a ZIP archive (APPNOTE.TXT of PKWARE, 6.3.10) whose files are stored, not compressed, also of
 * one beyond 4 GB.
 * @throws BayLingError `pytorch-truncated` for an archive without its end, `pytorch-invalid` for one whose files overlap
 * or lie outside it, `pytorch-not-supported` for compression and encryption
 */
export async function readZipDirectory(
  source: ByteSource,
  options: ReadOptions,
): Promise<ReadonlyMap<string, ZipEntry>> {
  const { offset, byteLength, count } = await findDirectory(source, options);
  const view = viewOf(await source.read(offset, byteLength, options));
  const found: CentralEntry[] = [];
  for (let at = 0; found.length < count; ) {
    const entry = readCentralEntry(view, at, source.name);
    found.push(entry);
    at = entry.end;
  }
  found.sort((a, b) => a.headerOffset - b.headerOffset);
  const entries = new Map<string, ZipEntry>();
  for (const [index, { name, byteLength, headerOffset, nameBytes }] of found.entries()) {
    const limit = found[index + 1]?.headerOffset ?? offset;
    if (headerOffset + localBytes + nameBytes + byteLength > limit) {
      throw invalid(source.name, name, "files of the archive overlap", `${byteLength} bytes from ${headerOffset}`);
    }
    if (entries.has(name)) throw invalid(source.name, name, "the archive has two files of this name");
    entries.set(name, { name, byteLength, headerOffset, limit });
  }
  return entries;
}

/** Where the content of a file begins in the archive. @throws BayLingError `pytorch-invalid` */
export async function locateZipEntry(source: ByteSource, entry: ZipEntry, options: ReadOptions): Promise<number> {
  const { name, headerOffset, byteLength, limit } = entry;
  const expected = new TextEncoder().encode(name);
  const bytes = await source.read(headerOffset, localBytes + expected.length, options);
  const view = viewOf(bytes);
  const same =
    view.getUint32(0, true) === signatures.local &&
    view.getUint16(26, true) === expected.length &&
    expected.every((byte, index) => bytes[localBytes + index] === byte);
  const offset = headerOffset + localBytes + expected.length + view.getUint16(28, true);
  if (same && offset + byteLength <= limit) return offset;
  throw invalid(source.name, name, "the file of the archive is not where its directory says");
}

interface Directory {
  readonly offset: number;
  readonly byteLength: number;
  readonly count: number;
}

async function findDirectory(source: ByteSource, options: ReadOptions): Promise<Directory> {
  const tailLength = Math.min(source.size, endBytes + mostCommentBytes);
  const tailOffset = source.size - tailLength;
  const tail = viewOf(await source.read(tailOffset, tailLength, options));
  let at = tailLength - endBytes;
  while (at >= 0 && !isEnd(tail, at)) at--;
  if (at < 0) {
    throw new BayLingError("pytorch-truncated", {
      source: source.name,
      problem: "the file is cut short: the directory at its end is missing",
      received: `${source.size} bytes`,
      remedy: "Download it again",
    });
  }
  const end = tailOffset + at;
  let directory: Directory = {
    count: tail.getUint16(at + 10, true),
    byteLength: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const locator = at - locatorBytes;
  if (locator >= 0 && tail.getUint32(locator, true) === signatures.locator) {
    directory = await readEnd64(source, uint64(tail, locator + 8), end - locatorBytes, options);
  }
  const { offset, byteLength, count } = directory;
  const fits = offset + byteLength <= end && byteLength >= count * centralBytes;
  if (fits && byteLength <= mostDirectoryBytes) return directory;
  const received = `${count} files, ${byteLength} bytes from ${offset}`;
  throw invalid(source.name, undefined, "the directory of the archive makes no sense", received);
}

/** A comment could hold the signature; the true end is followed by as many bytes as it says. */
function isEnd(tail: DataView, at: number): boolean {
  if (tail.getUint32(at, true) !== signatures.end) return false;
  return at + endBytes + tail.getUint16(at + 20, true) === tail.byteLength;
}

async function readEnd64(source: ByteSource, at: number, limit: number, options: ReadOptions): Promise<Directory> {
  if (at + end64Bytes <= limit) {
    const view = viewOf(await source.read(at, end64Bytes, options));
    if (view.getUint32(0, true) === signatures.end64) {
      return { count: uint64(view, 32), byteLength: uint64(view, 40), offset: uint64(view, 48) };
    }
  }
  throw invalid(source.name, undefined, "the directory of the archive is not where it says");
}

interface CentralEntry {
  readonly name: string;
  readonly nameBytes: number;
  readonly byteLength: number;
  readonly headerOffset: number;
  /** Where the next one begins. */
  readonly end: number;
}

function readCentralEntry(view: DataView, at: number, source: string): CentralEntry {
  const fits = at + centralBytes <= view.byteLength && view.getUint32(at, true) === signatures.central;
  const nameBytes = fits ? view.getUint16(at + 28, true) : 0;
  const extraBytes = fits ? view.getUint16(at + 30, true) : 0;
  const nameEnd = at + centralBytes + nameBytes;
  const end = nameEnd + extraBytes + (fits ? view.getUint16(at + 32, true) : 0);
  if (!fits || end > view.byteLength) {
    throw invalid(source, undefined, "an entry in the directory of the archive makes no sense");
  }
  const name = decode(view, at + centralBytes, nameBytes, source);
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  if ((flags & 1) !== 0 || method !== 0) {
    throw new BayLingError("pytorch-not-supported", {
      source,
      field: name,
      problem: "files of PyTorch store their tensors as they are",
      expected: "stored",
      received: method !== 0 ? `compressed by method ${method}` : "encrypted",
      remedy: "Save the model again with torch.save or in safetensors",
    });
  }
  const wide = new Wide(view, nameEnd, nameEnd + extraBytes);
  const byteLength = wide.read(view.getUint32(at + 24, true));
  const stored = wide.read(view.getUint32(at + 20, true));
  const headerOffset = wide.read(view.getUint32(at + 42, true));
  if (stored !== byteLength || !Number.isSafeInteger(byteLength + headerOffset)) {
    throw invalid(source, name, "the size of the file makes no sense", `${stored} bytes stored, ${byteLength} in all`);
  }
  return { name, nameBytes, byteLength, headerOffset, end };
}

/** Numbers that do not fit into 32 bits stand in an extra field, one after the other. */
class Wide {
  readonly #view: DataView;
  #at = 0;
  #end = 0;

  constructor(view: DataView, start: number, end: number) {
    this.#view = view;
    for (let at = start; at + 4 <= end; ) {
      const length = view.getUint16(at + 2, true);
      if (view.getUint16(at, true) === 1 && at + 4 + length <= end) {
        this.#at = at + 4;
        this.#end = this.#at + length;
        return;
      }
      at += 4 + length;
    }
  }

  read(narrow: number): number {
    if (narrow !== 0xffffffff || this.#at + 8 > this.#end) return narrow;
    this.#at += 8;
    return uint64(this.#view, this.#at - 8);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(view: DataView, at: number, length: number, source: string): string {
  try {
    return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
  } catch (cause) {
    throw new BayLingError("pytorch-invalid", { source, problem: "a name in the archive is not UTF-8", cause });
  }
}

/** Beyond 2^53 it is no longer exact, and larger than any file. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function invalid(source: string, field: string | undefined, problem: string, received?: string): BayLingError {
  return new BayLingError("pytorch-invalid", { source, field, problem, received, remedy: "Download the file again" });
}
