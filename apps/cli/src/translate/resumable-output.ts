import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { BayLingError } from "@bayling/core";
import { UsageError } from "../exit-codes.ts";
import { describeFileError } from "../output/file-error.ts";
import { visible } from "../output/text-width.ts";
import type { LineOutput, LineRecord } from "./line-output.ts";

/** What a run is about: another one may go on only if all of it is the same. */
export interface RunIdentity {
  /** Of the bytes of the input. */
  readonly input: string;
  /** Everything that decides what is written, by the names of the options. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A line of the journal: a line of the output that is complete. */
interface JournalEntry extends Omit<LineRecord, "written"> {
  /** How long the output is with it. */
  readonly bytes: number;
  /** Of the output up to there. */
  readonly digest: string;
}

const format = "bayling translate 1";

/**
 * A file that a run which was killed goes on with. Beside it stands a journal of the lines that are complete; it goes away
 * when all are. The output is written before the journal: what the journal does not know of is cut off and written again.
 */
export class ResumableOutput implements LineOutput {
  readonly done: JournalEntry[];
  readonly #path: string;
  readonly #output: FileHandle;
  readonly #journal: FileHandle;
  readonly #hash: Hash;
  #bytes: number;

  private constructor(path: string, found: Found, output: FileHandle, journal: FileHandle) {
    this.#path = path;
    this.done = found.entries;
    this.#hash = found.hash;
    this.#bytes = found.entries.at(-1)?.bytes ?? 0;
    this.#output = output;
    this.#journal = journal;
  }

  /**
   * Opens the file, or goes on with it.
   * @throws UsageError for a file that is something else, and for a run that was about something else; BayLingError
   * `sink-unwritable`
   */
  static async open(path: string, identity: RunIdentity, overwrite: boolean): Promise<ResumableOutput> {
    try {
      await checkRegular(path);
      const found = overwrite ? undefined : await findRun(path, identity);
      if (found === undefined) await beginRun(path, identity);
      else await cutRun(path, found);
      const [output, journal] = [await open(path, "a"), await open(journalPath(path), "a")];
      return new ResumableOutput(
        path,
        found ?? { entries: [], hash: createHash("sha256"), journalBytes: 0 },
        output,
        journal,
      );
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  async write({ written, ...record }: LineRecord): Promise<void> {
    const bytes = Buffer.from(written);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    const entry: JournalEntry = { ...record, bytes: this.#bytes, digest: digestOf(this.#hash) };
    try {
      await this.#output.appendFile(bytes);
      await this.#journal.appendFile(`${JSON.stringify(entry)}\n`);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  async complete(): Promise<void> {
    await rm(journalPath(this.#path), { force: true });
  }

  async close(): Promise<void> {
    await this.#output.close();
    await this.#journal.close();
  }
}

/** How far a run came. */
interface Found {
  readonly entries: JournalEntry[];
  /** Of the output up to the last entry. */
  readonly hash: Hash;
  readonly journalBytes: number;
}

export function journalPath(path: string): string {
  return `${path}.progress`;
}

async function checkRegular(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new UsageError(
    `--output ${visible(path)}: it is no file that could be written on; leave --output out for a pipe`,
  );
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return 0;
    throw error;
  }
}

/** Undefined where there is nothing to go on with. @throws UsageError */
async function findRun(path: string, identity: RunIdentity): Promise<Found | undefined> {
  const size = await sizeOf(path);
  if (size === 0) return undefined;
  const journal = await readFile(journalPath(path)).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  });
  if (journal === undefined) {
    throw refuse(
      path,
      "the file is there already, and no run of this command is unfinished in it",
      "Name another file",
    );
  }
  const lines = completeLines(journal);
  checkIdentity(path, lines, identity);
  const entries = readEntries(path, lines.slice(1));
  // The system may have kept the journal and lost the end of the output.
  while (entries.length > 0 && entries.at(-1)!.bytes > size) entries.pop();
  const hash = createHash("sha256");
  const last = entries.at(-1);
  if (last !== undefined && last.bytes > 0) {
    for await (const chunk of createReadStream(path, { end: last.bytes - 1 })) hash.update(chunk as Uint8Array);
  }
  if (last !== undefined && digestOf(hash) !== last.digest) {
    throw refuse(path, "the file was changed after the run that it goes on from", "Name another file");
  }
  const kept = lines.slice(0, entries.length + 1);
  return { entries, hash, journalBytes: kept.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) };
}

/** Lines that end: the last one may have been cut by a kill. */
function completeLines(journal: Buffer): string[] {
  return journal
    .subarray(0, journal.lastIndexOf(0x0a) + 1)
    .toString("utf8")
    .split("\n")
    .slice(0, -1);
}

function checkIdentity(path: string, [header = ""]: readonly string[], identity: RunIdentity): void {
  const { format: known, input, options } = parseObject(header) ?? {};
  if (known !== format || typeof options !== "object" || options === null) {
    throw refuse(path, `${visible(journalPath(path))} beside it cannot be read`, "Name another file");
  }
  if (input !== identity.input) {
    throw refuse(path, "the input is not the one that the run before began with", "Give the same input");
  }
  const before = options as Record<string, unknown>;
  const now = JSON.parse(JSON.stringify(identity.options)) as Record<string, unknown>;
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [was, is] = [describe(before[name]), describe(now[name])];
    if (was !== is) throw refuse(path, `the run before had another ${name}: ${was}, and now ${is}`, "Give the same");
  }
}

function describe(value: unknown): string {
  const text = value === undefined ? "none" : JSON.stringify(value);
  return text.length > 100
    ? `${text.slice(0, 60)}… (${createHash("sha256").update(text).digest("hex").slice(0, 8)})`
    : text;
}

function readEntries(path: string, lines: readonly string[]): JournalEntry[] {
  let bytes = 0;
  return lines.map((line, index) => {
    const entry = parseObject(line) as JournalEntry | undefined;
    const valid =
      entry?.line === index + 1 &&
      Number.isSafeInteger(entry.bytes) &&
      entry.bytes >= bytes &&
      typeof entry.digest === "string" &&
      Array.isArray(entry.context);
    if (!valid) {
      throw refuse(
        path,
        `${visible(journalPath(path))} beside it cannot be read at line ${index + 2}`,
        "Name another file",
      );
    }
    bytes = entry.bytes;
    return entry;
  });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The journal is whole from the beginning, or not there at all. */
async function beginRun(path: string, { input, options }: RunIdentity): Promise<void> {
  const fresh = `${journalPath(path)}.new`;
  await rm(journalPath(path), { force: true });
  await writeFile(path, "");
  await writeFile(fresh, `${JSON.stringify({ format, input, options })}\n`);
  await rename(fresh, journalPath(path));
}

async function cutRun(path: string, { entries, journalBytes }: Found): Promise<void> {
  await truncate(path, entries.at(-1)?.bytes ?? 0);
  await truncate(journalPath(path), journalBytes);
}

function digestOf(hash: Hash): string {
  return hash.copy().digest("hex").slice(0, 16);
}

function refuse(path: string, problem: string, remedy: string): UsageError {
  return new UsageError(`--output ${visible(path)}: ${problem}. ${remedy}, or --overwrite to begin anew`);
}

function unwritable(path: string, error: unknown): unknown {
  if (error instanceof UsageError || BayLingError.isInstance(error)) return error;
  return new BayLingError("sink-unwritable", {
    ...{ source: visible(path), field: "--output", problem: describeFileError(error), cause: error },
  });
}
