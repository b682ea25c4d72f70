import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { BayLingError } from "@bayling/core";
import { makeFolder, syncFolder, unwritable, writeAll } from "./durable-file.ts";
import { LineReader } from "./line-reader.ts";

/**
 * A journal is a file of JSON lines, `{"crc":"…","key":"…","value":…}`. The first one says what the run is, the last one
 * that it is complete; between them stands an entry for each item, in the order of the items. So what a killed run left is
 * a beginning of the file that an undisturbed run writes, but for a last line that may be torn.
 */
const firstKey = "begin";
const lastKey = "end";

const prefix = '{"crc":"';
/** Length of what stands before the body: prefix, eight digits, quotation mark and comma. */
const bodyAt = prefix.length + 10;

export interface JournalEntry {
  readonly key: string;
  readonly value: unknown;
}

function frame(key: string, value: unknown): string {
  const body = `"key":${JSON.stringify(key)},"value":${JSON.stringify(value)}`;
  return `${prefix}${crc32(body).toString(16).padStart(8, "0")}",${body}}\n`;
}

/** The entry of a line; undefined for one that is torn or damaged. */
function parseLine(line: string): JournalEntry | undefined {
  if (!line.startsWith(prefix) || !line.endsWith("}")) return undefined;
  const body = line.slice(bodyAt, -1);
  if (Number.parseInt(line.slice(prefix.length, prefix.length + 8), 16) !== crc32(body)) return undefined;
  return JSON.parse(`{${body}}`) as JournalEntry;
}

/** How much is collected before it is written, and how much is written before it is brought to the disk: bytes. */
const writeEvery = 1 << 16;
const syncEvery = 1 << 24;

/** Writes a journal, or goes on with one. Walk through all items in order, and {@link holds} or {@link append} each. */
export class JournalWriter {
  readonly #file: string;
  readonly #descriptor: number;
  readonly #reader: LineReader;
  /** Entries of an earlier run are still being passed over. */
  #isReplaying = true;
  /** All that was read is a beginning of the journal up to here. */
  #soundUpTo = 0;
  #pending: string[] = [];
  #pendingLength = 0;
  #unsynced = 0;

  /**
   * @param run what the journal is about: plain data. A journal of another run is not gone on with.
   * @throws BayLingError `work-changed`, `sink-unwritable`
   */
  constructor(file: string, run: unknown) {
    this.#file = file;
    makeFolder(path.dirname(file));
    try {
      this.#descriptor = openSync(file, "a+");
      syncFolder(path.dirname(file));
    } catch (error) {
      throw unwritable(file, error);
    }
    this.#reader = new LineReader(this.#descriptor);
    try {
      if (this.#replay(firstKey, run) === undefined) this.append(firstKey, run);
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /**
   * The value of the next item, if an earlier run has done it.
   * @throws BayLingError `work-changed` for a journal of other items, `sink-unwritable`
   */
  holds(key: string): unknown {
    return this.#isReplaying ? this.#replay(key) : undefined;
  }

  /** Writes an item that the journal does not hold. @throws BayLingError `sink-unwritable` */
  append(key: string, value: unknown): void {
    const line = frame(key, value);
    this.#pending.push(line);
    this.#pendingLength += line.length;
    if (this.#pendingLength >= writeEvery) this.flush();
  }

  /** After this nothing is lost when the process is killed. @throws BayLingError `sink-unwritable` */
  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending.join(""));
    this.#pending = [];
    this.#pendingLength = 0;
    try {
      writeAll(this.#descriptor, bytes);
      this.#unsynced += bytes.length;
      if (this.#unsynced >= syncEvery) this.#sync();
    } catch (error) {
      throw unwritable(this.#file, error);
    }
  }

  /** Says that all items are there, and brings everything to the disk. @throws BayLingError `sink-unwritable` */
  complete(summary: unknown): void {
    if (this.holds(lastKey) === undefined) this.append(lastKey, summary);
    this.flush();
    try {
      this.#sync();
    } catch (error) {
      throw unwritable(this.#file, error);
    }
  }

  /** Keeps what was appended, complete or not. May be called after an error of writing. */
  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#descriptor);
    }
  }

  #sync(): void {
    fsyncSync(this.#descriptor);
    this.#unsynced = 0;
  }

  #replay(key: string, expected?: unknown): unknown {
    const line = this.#reader.next();
    const entry = line === undefined ? undefined : parseLine(line);
    if (entry === undefined) {
      this.#isReplaying = false;
      try {
        // What follows was torn by the end of an earlier run.
        ftruncateSync(this.#descriptor, this.#soundUpTo);
      } catch (error) {
        throw unwritable(this.#file, error);
      }
      return undefined;
    }
    checkRun(this.#file, entry, key, expected);
    this.#soundUpTo = this.#reader.offset;
    return entry.value;
  }
}

/** Whether a journal has come to its end. One that is not there has not. */
export function isJournalComplete(file: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return false;
  }
  try {
    const { size } = fstatSync(descriptor);
    const tail = Buffer.alloc(Math.min(size, 1 << 12));
    readSync(descriptor, tail, 0, tail.length, size - tail.length);
    const lines = tail.toString("utf8").split("\n");
    return lines.pop() === "" && parseLine(lines.pop() ?? "")?.key === lastKey;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads a journal that is complete.
 * @param run what the journal has to be about
 * @yields the items
 * @throws BayLingError `work-incomplete`, `work-changed`, `work-damaged`
 */
export function* readJournal(file: string, run: unknown): Generator<JournalEntry, void, undefined> {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw incomplete(file, error);
  }
  try {
    const reader = new LineReader(descriptor);
    for (let number = 1; ; number++) {
      const line = reader.next();
      if (line === undefined) throw incomplete(file);
      const entry = parseLine(line);
      if (entry === undefined) {
        throw new BayLingError("work-damaged", {
          source: `${file}:${number}`,
          problem: "the line is not what was written",
          remedy: "Give the command that wrote the journal again: it mends the file from there",
        });
      }
      if (number === 1) checkRun(file, entry, firstKey, run);
      else if (entry.key === lastKey) return;
      else yield entry;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** @param value any, where it is undefined */
function checkRun(file: string, entry: JournalEntry, key: string, value: unknown): void {
  if (entry.key === key && (value === undefined || JSON.stringify(entry.value) === JSON.stringify(value))) return;
  const show = (name: string, content: unknown) => (value === undefined ? name : `${name} ${JSON.stringify(content)}`);
  throw new BayLingError("work-changed", {
    source: file,
    problem: "the journal was written with other settings or for other pairs",
    expected: show(key, value),
    received: show(entry.key, entry.value),
    remedy: "Give the settings of before, choose another work folder, or begin the stage anew with overwrite",
  });
}

function incomplete(file: string, cause?: unknown): BayLingError {
  return new BayLingError("work-incomplete", {
    source: file,
    problem: cause === undefined ? "the run that wrote it has not come to its end" : "the journal is not there",
    remedy: "Give the command that writes it again: it goes on where it stopped",
    cause,
  });
}
