import { nodeFileSystem } from "./file-source.ts";
import { isByteSource, pathOfFileUrl, type SourceInput, urlOfString } from "./open-source.ts";

/**
 * Where a model comes from: one file, or several that belong together. Several are
 * - a folder: a path in Node, or a URL that ends in `/`
 * - an array of files that have names, or a map from names to files
 */
export type ModelSource = SourceInput | readonly SourceInput[] | ReadonlyMap<string, SourceInput>;

/** What folders of models hold beside or instead of files that stand for themselves. */
const folderFile = /(^|[/\\])(config\.json|pytorch_model[^/\\]*\.bin)$|\.safetensors$/i;

/** Whether a source is a folder with `config.json`, rather than a file or the parts of a split one. */
export async function isFolder(source: ModelSource): Promise<boolean> {
  if (source instanceof Map) return true;
  if (Array.isArray(source)) return source.some((input) => folderFile.test(nameOfInput(input)));
  if (source instanceof URL) return isFolderUrl(source);
  if (typeof source !== "string") return false;
  const url = urlOfString(source);
  return url === undefined ? isDirectory(source) : isFolderUrl(url);
}

/** The name of a file as its folder has it, or empty. */
export function nameOfInput(input: SourceInput): string {
  const url = input instanceof URL ? input : typeof input === "string" ? urlOfString(input) : undefined;
  if (url !== undefined) return url.pathname.split("/").at(-1)!;
  const name = typeof input === "string" ? input : isByteSource(input) || input instanceof Blob ? named(input) : "";
  return name.split(/[/\\]/).at(-1)!;
}

function named(input: object): string {
  const { name } = input as { readonly name?: unknown };
  return typeof name === "string" ? name : "";
}

function isFolderUrl(url: URL): boolean | Promise<boolean> {
  if (url.protocol === "file:") return isDirectory(pathOfFileUrl(url));
  return /^https?:$/.test(url.protocol) && url.pathname.endsWith("/");
}

/** What cannot be looked at is opened as a file, and the error says why it cannot. */
async function isDirectory(path: string): Promise<boolean> {
  const info = await nodeFileSystem()
    ?.stat(path)
    .catch(() => undefined);
  return info?.isDirectory() ?? false;
}
