import { checkOptions } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { blobSource } from "./blob-source.ts";
import type { ByteSource, ReadOptions } from "./byte-source.ts";
import { nodeFileSystem, openFileSource } from "./file-source.ts";

/**
 * Where bytes come from.
 * - `string`: a URL when it begins with `http:`, `https:`, `blob:`, `data:` or `file:`; otherwise a file path in Node
 *   and a URL relative to the page in a browser
 * - `URL`, `Blob`/`File`
 * - a {@link ByteSource}, which is used as it is and stays its owner's to dispose
 */
export type SourceInput = string | URL | Blob | ByteSource;

/**
 * Opens a file, `Blob` or URL for random access. The caller disposes what it returns.
 * @throws BayLingError `source-not-found`, `source-unreadable`, `source-not-supported`
 */
export async function openSource(input: SourceInput, options: ReadOptions = {}): Promise<ByteSource> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  if (typeof input === "string") {
    const url = urlOfString(input);
    return url === undefined ? openFileSource(input, options) : openUrl(url, options);
  }
  if (input instanceof URL) return openUrl(input, options);
  if (isByteSource(input)) return input;
  if (input instanceof Blob) return blobSource(input);
  throw new BayLingError("source-not-supported", {
    problem: "nothing to read from",
    expected: "a path, URL, Blob or ByteSource",
    received: input === null ? "null" : typeof input,
  });
}

/** Whether a value is a {@link ByteSource} rather than a `Blob`. */
export function isByteSource(value: unknown): value is ByteSource {
  return typeof value === "object" && value !== null && "read" in value && "size" in value && "dispose" in value;
}

/** The URL that a string means, or `undefined` when it is a file path. Two letters at least: `C:\` is a drive. */
export function urlOfString(text: string): URL | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
  const known = scheme !== undefined && ["http", "https", "blob", "data", "file"].includes(scheme);
  if (known || /^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return parseUrl(text);
  if (nodeFileSystem() !== undefined) return undefined;
  return parseUrl(text, globalThis.document?.baseURI ?? globalThis.location?.href);
}

function parseUrl(text: string, base?: string): URL {
  try {
    return new URL(text, base);
  } catch (error) {
    throw new BayLingError("source-not-supported", { source: text, problem: "this is not a URL", cause: error });
  }
}

async function openUrl(url: URL, options: ReadOptions): Promise<ByteSource> {
  switch (url.protocol) {
    case "http:":
    case "https:": {
      const { openHttpSource } = await import("./http-source.ts");
      return openHttpSource(url, options);
    }
    case "blob:":
    case "data:":
      return openLocalUrl(url, options);
    case "file:":
      return openFileSource(pathOfFileUrl(url), options);
    default:
      throw new BayLingError("source-not-supported", {
        source: url.href,
        problem: "no way to read this kind of URL",
        expected: "http, https, blob, data or file",
        received: url.protocol.slice(0, -1),
      });
  }
}

/** `blob:` and `data:` URLs answer no ranges everywhere, but as a `Blob` they are read by slices. */
async function openLocalUrl(url: URL, options: ReadOptions): Promise<ByteSource> {
  const name = url.protocol === "data:" ? "data: URL" : url.href;
  let blob: Blob;
  try {
    blob = await (await fetch(url, { signal: options.signal ?? null })).blob();
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new BayLingError("source-not-found", {
      source: name,
      problem: "the URL holds nothing that can be read",
      cause: error,
    });
  }
  return blobSource(blob, name);
}

/**
 * The path of a `file:` URL in Node; the URL itself elsewhere, where no path helps.
 * @throws BayLingError `source-not-supported` for a URL that names another host or holds an encoded slash
 */
export function pathOfFileUrl(url: URL): string {
  const path = globalThis.process?.getBuiltinModule?.("node:url").fileURLToPath;
  if (path === undefined) return url.href;
  try {
    return path(url);
  } catch (error) {
    throw new BayLingError("source-not-supported", {
      source: url.href,
      problem: "the URL names no file of this machine",
      expected: "file:///path",
      cause: error,
    });
  }
}
