import { createHash } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { BayLingError } from "@bayling/core";

/** The error for a file that cannot be written. Whatever was written before stays. */
export function unwritable(file: string, error: unknown): BayLingError {
  if (BayLingError.isInstance(error)) return error;
  const code = String((error as NodeJS.ErrnoException | null)?.code);
  const full = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
  return new BayLingError("sink-unwritable", {
    source: file,
    problem: full ? "the disk is full" : `the file cannot be written (${code})`,
    remedy: full
      ? "What was done so far is kept; free space and give the same command again"
      : "See that the folder is there and may be written to, and give the same command again",
    cause: error,
  });
}

/** Writes all of it: one call of the system may take a part. @throws what the system throws */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}

/** A folder, and those above it. @throws BayLingError `sink-unwritable` */
export function makeFolder(folder: string): void {
  try {
    makeWithParents(folder);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** Hazard: Node's own recursive mkdir never ends where a folder that is there says that it is not, such as /proc. */
function makeWithParents(folder: string): void {
  if (isFolder(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) makeWithParents(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A new name in a folder survives a loss of power only when the folder is on the disk too. */
export function syncFolder(folder: string): void {
  // Windows cannot open folders; it does not need to.
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What a file that is complete holds. */
export interface FileDigest {
  readonly byteLength: number;
  readonly sha256: string;
}

/**
 * A file that has its name only when it is complete: it is written beside its place, brought to the disk and renamed.
 * Whoever is killed meanwhile leaves what ends in `.partial`, which the next run writes over.
 */
export class DurableFile {
  readonly file: string;
  readonly #partial: string;
  readonly #hash = createHash("sha256");
  #descriptor: number | undefined;
  #pending: Uint8Array[] = [];
  #pendingLength = 0;
  #byteLength = 0;

  /** @throws BayLingError `sink-unwritable` */
  constructor(file: string) {
    this.file = file;
    this.#partial = `${file}.partial`;
    makeFolder(path.dirname(file));
    try {
      this.#descriptor = openSync(this.#partial, "w");
    } catch (error) {
      throw unwritable(file, error);
    }
  }

  /** Bytes that are given away: the caller does not write on them. @throws BayLingError `sink-unwritable` */
  write(content: string | Uint8Array): void {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    this.#pending.push(bytes);
    this.#pendingLength += bytes.length;
    if (this.#pendingLength >= 1 << 18) this.#flush();
  }

  /** Gives the file its name. @throws BayLingError `sink-unwritable` */
  finish(): FileDigest {
    this.#flush();
    try {
      fsyncSync(this.#descriptor!);
      this.#close();
      renameSync(this.#partial, this.file);
      syncFolder(path.dirname(this.file));
    } catch (error) {
      throw unwritable(this.file, error);
    }
    return { byteLength: this.#byteLength, sha256: this.#hash.digest("hex") };
  }

  /** Leaves nothing behind, unless it is finished. */
  discard(): void {
    if (this.#descriptor === undefined) return;
    this.#close();
    rmSync(this.#partial, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingLength = 0;
    this.#hash.update(bytes);
    this.#byteLength += bytes.length;
    try {
      writeAll(this.#descriptor!, bytes);
    } catch (error) {
      throw unwritable(this.file, error);
    }
  }

  #close(): void {
    closeSync(this.#descriptor!);
    this.#descriptor = undefined;
  }
}

/** Writes a small file at once, under its name only when it is complete. @throws BayLingError `sink-unwritable` */
export function writeDurably(file: string, content: string | Uint8Array): FileDigest {
  const output = new DurableFile(file);
  try {
    output.write(content);
    return output.finish();
  } finally {
    output.discard();
  }
}
