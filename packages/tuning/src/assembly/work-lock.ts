import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { BayLingError } from "@bayling/core";
import { makeFolder, unwritable } from "./durable-file.ts";

/** Who works: enough to see whether it still does. */
interface Holder {
  readonly host: string;
  readonly process: number;
  /** When the process began, in the system's own count, so that a number that is given again is not mistaken. */
  readonly began: string;
}

const heartbeat = 10_000;
/** A holder on another machine that has not been heard of for so long is gone: milliseconds, by the file server's clock. */
const silence = 180_000;

/** Locks of this process: its own number says nothing about them. */
const held = new Set<string>();

/**
 * Keeps two runs from doing the same piece of work. Every run puts a file of its own beside those of others and then
 * looks at them: of two that come at the same time at least one sees the other, and who sees another gives way. Files of
 * processes that are gone, killed for example, do not count and are taken away.
 */
export class WorkLock {
  readonly #file: string;
  readonly #descriptor: number;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param name of the piece of work, within the folder
   * @throws BayLingError `work-busy`, `sink-unwritable`
   */
  constructor(folder: string, name: string) {
    const own = holderOf(process.pid);
    const prefix = `${name}.lock.`;
    this.#file = path.join(folder, `${prefix}${own.host.replace(/[^\w.-]/g, "_")}.${process.pid}.${held.size}`);
    makeFolder(folder);
    try {
      this.#descriptor = openSync(this.#file, "w+");
    } catch (error) {
      throw unwritable(this.#file, error);
    }
    held.add(this.#file);
    try {
      writeSync(this.#descriptor, JSON.stringify(own));
    } catch (error) {
      // A lock without a holder would keep everybody out until it is old.
      this.#free();
      throw unwritable(this.#file, error);
    }
    const now = fstatSync(this.#descriptor).mtimeMs;
    for (const entry of readdirSync(folder)) {
      const file = path.join(folder, entry);
      if (!entry.startsWith(prefix) || file === this.#file) continue;
      if (isGone(file, own, now)) {
        rmSync(file, { force: true });
        continue;
      }
      this.#free();
      throw new BayLingError("work-busy", {
        source: folder,
        problem: `another run does ${name}`,
        received: entry,
        remedy: "Wait for it, or take another shard. If that run is gone, delete the file",
      });
    }
    this.#timer = setInterval(() => this.#beat(own), heartbeat);
    this.#timer.unref();
  }

  release(): void {
    clearInterval(this.#timer);
    this.#free();
  }

  #beat(own: Holder): void {
    try {
      // Written rather than touched: the time is then the file server's, which all machines compare by.
      ftruncateSync(this.#descriptor, 0);
      writeSync(this.#descriptor, JSON.stringify(own), 0);
    } catch {
      // A disk that is full stops the work itself, with a better message.
    }
  }

  #free(): void {
    held.delete(this.#file);
    closeSync(this.#descriptor);
    rmSync(this.#file, { force: true });
  }
}

function isGone(file: string, own: Holder, now: number): boolean {
  if (held.has(file)) return false;
  let other: Holder | undefined;
  let age: number;
  try {
    age = now - statSync(file).mtimeMs;
    other = JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch (error) {
    // It was freed meanwhile, or is being written, or was never written to the end.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    age = now - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY);
    return age > silence;
  }
  if (other.host !== own.host) return age > silence;
  return other.process === process.pid || !isAlive(other);
}

function isAlive({ process: id, began }: Holder): boolean {
  try {
    process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return holderOf(id).began === began;
}

function holderOf(id: number): Holder {
  return { host: os.hostname(), process: id, began: beginningOf(id) };
}

/** Field 22 of Linux's `/proc/<id>/stat`; nothing elsewhere. The name before it may hold spaces and brackets. */
function beginningOf(id: number): string {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
