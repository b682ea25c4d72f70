import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { nodeFileSystem } from "../sources/file-source.ts";
import { pathOf } from "./output-file.ts";

/** A new folder: its path, or a `file:` URL. Folders are written in Node only. */
export type FolderOutput = string | URL;

/** A folder in the making. */
export interface NewFolder {
  /** Where a file of this name belongs for now. */
  path(name: string): string;
  /** Writes a small file. */
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/**
 * Refuses what cannot become a new folder.
 * @throws BayLingError `argument-invalid`, `source-not-supported` outside Node, `sink-exists` for a name that is taken;
 * an empty folder is free
 */
export async function checkOutputFolder(output: FolderOutput): Promise<void> {
  const valid = output instanceof URL ? output.protocol === "file:" : typeof output === "string" && output !== "";
  if (!valid) throw invalidArgument("output", "the path or file: URL of a new folder", String(output));
  const path = pathOf(output)!;
  const fileSystem = nodeFileSystem();
  if (fileSystem === undefined) {
    throw new BayLingError("source-not-supported", { source: path, problem: "folders are written only in Node" });
  }
  const existing = await fileSystem.stat(path).catch(() => undefined);
  if (existing === undefined) return;
  if (existing.isDirectory() && (await fileSystem.readdir(path)).length === 0) return;
  throw new BayLingError("sink-exists", {
    source: path,
    problem: existing.isDirectory()
      ? "there is a folder of this name, with files in it"
      : "there is a file of this name",
    remedy: "Give the new folder another name, or remove what is there",
  });
}

/**
 * Makes a folder under a temporary name beside it and renames it at the end: it is there when it is complete, and a
 * failure leaves nothing.
 * @param fill writes the files
 * @throws BayLingError `sink-unwritable`, and what `fill` throws
 */
export async function writeFolder<Result>(
  output: FolderOutput,
  fill: (folder: NewFolder) => Promise<Result>,
): Promise<Result> {
  const path = pathOf(output)!;
  const fileSystem = nodeFileSystem()!;
  const { join, resolve } = globalThis.process.getBuiltinModule("node:path");
  const temporary = `${resolve(path)}.${globalThis.crypto.randomUUID()}.partial`;
  await unwritable(path, () => fileSystem.mkdir(temporary));
  try {
    const result = await fill({
      path: (name) => join(temporary, name),
      write: (name, bytes) =>
        unwritable(path, () => fileSystem.writeFile(join(temporary, name), bytes, { flush: true })),
    });
    await unwritable(path, async () => {
      // An empty one in its place; Windows does not rename onto it.
      await fileSystem.rmdir(path).catch(() => {});
      await fileSystem.rename(temporary, path);
    });
    return result;
  } catch (error) {
    await fileSystem.rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

async function unwritable(source: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    throw new BayLingError("sink-unwritable", {
      source,
      problem: "the folder cannot be written",
      received: String((cause as { code?: unknown } | null)?.code ?? cause),
      cause,
    });
  }
}
