import { BayLingError, type ErrorCode } from "../errors.ts";
import type { ReadOptions } from "./byte-source.ts";
import { checkedSource } from "./checked-source.ts";
import { type ModelSource, nameOfInput } from "./is-folder.ts";
import { isByteSource, openSource, type SourceInput, urlOfString } from "./open-source.ts";

/** Files that lie side by side, by their names. */
export interface SourceFolder {
  /** Path or URL, for messages. */
  readonly name: string;
  /** What the folder is called, or the repository that it is of; where it has a name at all. */
  readonly title: string | undefined;
  /** Where a file is, or would be; `undefined` where it is known that there is none. */
  file(name: string): SourceInput | undefined;
}

/** The content of a file of a folder. */
export interface FolderFile {
  readonly source: string;
  readonly bytes: Uint8Array;
  readonly contentKey: string | undefined;
}

/**
 * @param source what `isFolder` says yes to
 * @param anchor the file that lies where the others are meant
 */
export function sourceFolder(source: ModelSource, anchor = "config.json"): SourceFolder {
  if (source instanceof Map) return listedFolder(source, undefined);
  if (Array.isArray(source)) return chosenFolder(source as readonly SourceInput[], anchor);
  const url = source instanceof URL ? source : typeof source === "string" ? urlOfString(source) : undefined;
  if (url !== undefined) return urlFolder(url);
  const path = String(source).replace(/[/\\]+$/, "");
  const resolved = globalThis.process.getBuiltinModule("node:path").resolve(path || "/");
  return { name: String(source), title: titleOf(resolved.split(/[/\\]/)), file: (name) => `${path}/${name}` };
}

/**
 * Files that a person chose. A chosen folder brings along the folders in it, which may hold files of the same names:
 * what lies beside the topmost anchor counts.
 */
function chosenFolder(inputs: readonly SourceInput[], anchor: string): SourceFolder {
  const pathOf = (input: SourceInput) => (input as Partial<File>).webkitRelativePath || nameOfInput(input);
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
  const anchors = inputs.map(pathOf).filter((path) => path === anchor || path.endsWith(`/${anchor}`));
  const depth = (path: string) => path.split("/").length;
  const [top] = anchors.sort((a, b) => depth(a) - depth(b)).map(folderOf);
  const beside = top === undefined ? inputs : inputs.filter((input) => folderOf(pathOf(input)) === top);
  return listedFolder(new Map(beside.map((input) => [nameOfInput(input), input])), top?.split("/").at(-2) || undefined);
}

function listedFolder(files: ReadonlyMap<string, SourceInput>, title: string | undefined): SourceFolder {
  const file = (name: string) => {
    const input = files.get(name);
    // Errors then call it by its name.
    return input instanceof Blob ? new File([input], name) : input;
  };
  return { name: title ?? "the files", title, file };
}

function urlFolder(base: URL): SourceFolder {
  const url = new URL(base);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return {
    // Without credentials and query: they may hold secrets.
    name: url.protocol === "file:" ? url.href : `${url.origin}${url.pathname}`,
    title: titleOf(url.pathname.split("/").map(decoded)),
    file: (name) => {
      const file = new URL(url);
      file.pathname += encodeURIComponent(name);
      return file;
    },
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The last name of a path; on a hub (`…/name/resolve/main`) and in its cache (`models--owner--name`) the repository's. */
function titleOf(segments: readonly string[]): string | undefined {
  const names = segments.filter((name) => name !== "");
  const cached = names.findLast((name) => /^models--./.test(name));
  if (cached !== undefined) return cached.split("--").at(-1);
  const [owned, marker] = names.slice(-3);
  return names.length >= 3 && (marker === "resolve" || marker === "raw") ? owned : names.at(-1);
}

/**
 * Reads a small file of a folder, or `undefined` when it is not there.
 * @param most bytes that it may have
 * @param code what is thrown when it has more
 */
export async function readFolderFile(
  folder: SourceFolder,
  name: string,
  { most, code, signal }: ReadOptions & { readonly most: number; readonly code: ErrorCode },
): Promise<FolderFile | undefined> {
  const input = folder.file(name);
  if (input === undefined) return undefined;
  const owned = !isByteSource(input);
  const source = owned ? await openIfThere(input, { signal }) : checkedSource(input);
  if (source === undefined) return undefined;
  try {
    if (source.size > most) {
      throw new BayLingError(code, {
        source: source.name,
        problem: "the file is too large for what its name says",
        expected: `${most} bytes at most`,
        received: String(source.size),
      });
    }
    const bytes = await source.read(0, source.size, { signal });
    // Servers of single-page applications answer with their page for what is not there.
    if (isWebPage(bytes)) return undefined;
    return { source: source.name, bytes, contentKey: source.contentKey };
  } finally {
    if (owned) await source.dispose();
  }
}

function isWebPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype html|html)/i.test(String.fromCharCode(...bytes.subarray(0, 64)));
}

async function openIfThere(input: SourceInput, options: ReadOptions) {
  try {
    return await openSource(input, options);
  } catch (error) {
    if (BayLingError.isInstance(error) && error.code === "source-not-found") return undefined;
    throw error;
  }
}

/** @throws BayLingError with `code` for what is no JSON object */
export function parseJsonObject({ source, bytes }: FolderFile, code: ErrorCode): Readonly<Record<string, unknown>> {
  const text = new TextDecoder().decode(bytes);
  let value: unknown;
  let cause: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    cause = error;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new BayLingError(code, {
    source,
    problem: "the file is not a JSON object",
    received: text.startsWith("version https://git-lfs") ? "a Git LFS pointer" : undefined,
    remedy: "Download it again",
    cause,
  });
}
