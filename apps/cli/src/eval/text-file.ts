import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { BayLingError } from "@bayling/core";
import { describeFileError } from "../output/file-error.ts";
import { visible } from "../output/text-width.ts";

/** The text of a file, without a byte order mark. @throws BayLingError `source-not-found`, `source-unreadable` */
export async function readText(file: string, signal: AbortSignal): Promise<string> {
  try {
    return (await readFile(file, { encoding: "utf8", signal })).replace(/^\ufeff/u, "");
  } catch (cause) {
    signal.throwIfAborted();
    const missing = (cause as { code?: unknown }).code === "ENOENT";
    throw new BayLingError(missing ? "source-not-found" : "source-unreadable", {
      ...{ source: visible(file), problem: describeFileError(cause), cause },
    });
  }
}

/** The lines of a file; a line break at its end ends the last one. */
export async function readLines(file: string, signal: AbortSignal): Promise<string[]> {
  const text = await readText(file, signal);
  return text === "" ? [] : text.replace(/\r?\n$/u, "").split(/\r?\n/u);
}

/** Writes a file as a whole, or not at all. @throws BayLingError `sink-unwritable` */
export async function writeText(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.part`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (cause) {
    throw new BayLingError("sink-unwritable", { source: visible(file), problem: describeFileError(cause), cause });
  }
}
