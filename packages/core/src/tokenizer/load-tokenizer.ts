import { checkOptions } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { readGguf } from "../formats/gguf-reader.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";
import { checkedSource } from "../sources/checked-source.ts";
import { isByteSource, openSource, type SourceInput } from "../sources/open-source.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { createTokenizerFromGguf } from "./tokenizer-from-gguf.ts";

/** A `tokenizer.json` that is parsed already. */
export interface TokenizerJson {
  readonly model: object;
  readonly [part: string]: unknown;
}

/** Larger than any `tokenizer.json`; a model's weights are not to be read as one. */
const LARGEST_JSON = 256 * 1024 * 1024;

/**
 * Loads a tokenizer from a GGUF file (only its header is read) or a Hugging Face `tokenizer.json`, told apart by their
 * content.
 * @param source a path, URL, `Blob` or {@link ByteSource} of either, or a parsed `tokenizer.json`
 * @throws BayLingError `tokenizer-not-supported`, `tokenizer-invalid`, and what reading throws
 */
export async function loadTokenizer(
  source: SourceInput | TokenizerJson,
  options: ReadOptions = {},
): Promise<Tokenizer> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  if (isTokenizerJson(source)) return loadFromJson(source, "tokenizer.json");
  const owned = !isByteSource(source);
  const bytes = owned ? await openSource(source, options) : checkedSource(source);
  try {
    const start = new TextDecoder().decode(await bytes.read(0, Math.min(64, bytes.size), options));
    if (start.startsWith("GGUF")) return await loadFromGguf(source, options);
    if (start.trimStart().startsWith("{")) return await loadFromJson(await readJson(bytes, options), bytes.name);
    throw new BayLingError("tokenizer-not-supported", {
      source: bytes.name,
      problem: "this is not a tokenizer",
      expected: "a GGUF file or a tokenizer.json",
      received: bytes.size === 0 ? "an empty file" : "something else",
    });
  } finally {
    if (owned) await bytes.dispose();
  }
}

function isTokenizerJson(source: SourceInput | TokenizerJson): source is TokenizerJson {
  if (typeof source !== "object" || source === null || source instanceof URL || isByteSource(source)) return false;
  return !(source instanceof Blob);
}

async function loadFromJson(json: unknown, name: string): Promise<Tokenizer> {
  const { createTokenizerFromJson } = await import("./tokenizer-from-json.ts");
  return createTokenizerFromJson(json, name);
}

async function loadFromGguf(source: SourceInput, options: ReadOptions): Promise<Tokenizer> {
  const file = await readGguf(source, options);
  try {
    return createTokenizerFromGguf(file.metadata, file.name);
  } finally {
    await file.dispose();
  }
}

async function readJson(source: ByteSource, options: ReadOptions): Promise<unknown> {
  if (source.size > LARGEST_JSON) {
    throw new BayLingError("tokenizer-invalid", {
      source: source.name,
      problem: "the file is too large for a tokenizer.json",
      expected: `${LARGEST_JSON} bytes at most`,
      received: String(source.size),
    });
  }
  const text = new TextDecoder().decode(await source.read(0, source.size, options));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BayLingError("tokenizer-invalid", {
      source: source.name,
      problem: "the file is not JSON",
      remedy: "Download it again",
      cause: error,
    });
  }
}
