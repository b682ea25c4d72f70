import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { SinkOutput } from "../sources/byte-sink.ts";
import { nodeFileSystem } from "../sources/file-source.ts";
import { pathOfFileUrl } from "../sources/open-source.ts";

/** @throws BayLingError `argument-invalid` for what nobody can write to */
export function checkOutput(output: SinkOutput): void {
  if (output instanceof URL || (typeof output === "string" && output !== "")) return;
  // Not `instanceof`: other realms have streams of their own.
  if (typeof (output as Partial<WritableStream> | null)?.getWriter === "function") return;
  throw invalidArgument("output", "a file path, a file: URL or a WritableStream", output);
}

/** The path that a new file will have; `undefined` for a stream, and where there are no files. */
export function pathOf(output: SinkOutput): string | undefined {
  if (typeof output === "string") return output;
  return output instanceof URL && output.protocol === "file:" ? pathOfFileUrl(output) : undefined;
}

/** What must not be written over. */
export interface OutputLimits {
  /** Absolute paths of the files that are read. */
  readonly inputs: readonly string[];
  /** Whether a file of this name may be replaced. */
  readonly overwrite: boolean;
}

/**
 * Refuses an output that is one of the inputs, by whatever name, or that is there already.
 * @throws BayLingError `argument-invalid`, `sink-exists`
 */
export async function checkOutputFile(output: SinkOutput, { inputs, overwrite }: OutputLimits): Promise<void> {
  const path = pathOf(output);
  const fileSystem = nodeFileSystem();
  if (path === undefined || fileSystem === undefined) return;
  // As big integers: numbers of files on Windows are beyond 2^53.
  const identify = (name: string) => fileSystem.stat(name, { bigint: true }).catch(() => undefined);
  const existing = await identify(path);
  if (existing === undefined) return;
  for (const input of inputs) {
    const read = await identify(input);
    if (read?.ino !== existing.ino || read.dev !== existing.dev) continue;
    throw new BayLingError("argument-invalid", {
      source: path,
      field: "output",
      problem: "the new file would take the place of the one that is read",
      received: input,
      remedy: "Give the new file another name",
    });
  }
  if (overwrite && existing.isFile()) return;
  throw new BayLingError("sink-exists", {
    source: path,
    problem: existing.isFile() ? "there is a file of this name" : "this is no file that could be replaced",
    remedy: existing.isFile() ? "Give the new file another name, or ask to overwrite it" : "Give the name of a file",
  });
}

/**
 * Refuses before anything is written what the disk has no room for. Where nobody can tell, writing will.
 * @throws BayLingError `sink-unwritable`
 */
export async function checkRoom(output: SinkOutput, byteLength: number): Promise<void> {
  const path = pathOf(output);
  const fileSystem = nodeFileSystem();
  if (path === undefined || fileSystem === undefined) return;
  const { dirname, resolve } = globalThis.process.getBuiltinModule("node:path");
  const folder = dirname(resolve(path));
  const room = await fileSystem.statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  );
  if (room >= byteLength) return;
  throw new BayLingError("sink-unwritable", {
    source: path,
    problem: "the disk has too little room for the new file",
    expected: `${byteLength} bytes`,
    received: `${room} bytes free`,
    remedy: "Free space, or write to another disk",
  });
}
