import { checkOptions } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { type GgufHeader, readGgufHeader } from "./gguf-header.ts";
import type { GgufMetadata } from "./gguf-metadata.ts";
import { partCount, partNumber, siblingPart } from "./gguf-split.ts";
import { disposeModelParts, type ModelPart, openModelPart } from "./model-part.ts";
import { type ReadTensorOptions, readTensor } from "./read-tensor.ts";

/** What `readGguf` opens: a file of any kind, or an array with all the files of a split model. */
export type GgufInput = SourceInput | readonly SourceInput[];

/** A tensor of a GGUF file: what the header says of it. */
export interface GgufTensor {
  readonly name: string;
  /** The name of the ggml type, e.g. `Q4_0`; `isTensorType(type)` tells whether the SDK decodes it. */
  readonly type: string;
  /** Row-major, outermost dimension first: [rows, columns]. GGUF stores the reverse. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Which file of a split model holds it, from 0. */
  readonly part: number;
  /** Where it begins in that file, in bytes. */
  readonly offset: number;
}

/** An open GGUF model: its header in memory, its tensors where they were. */
export interface GgufFile {
  /** Path, file name or URL of the first part. */
  readonly name: string;
  /** Version of the format: 2 or 3. */
  readonly version: number;
  /** Bytes of all parts together. */
  readonly size: number;
  /** The first part's metadata. */
  readonly metadata: GgufMetadata;
  /** All tensors by name, in the order of the files. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Absolute paths of the parts, in order, where all of them are files of this machine. */
  readonly files?: readonly string[] | undefined;
  /** Says which bytes the parts hold, where their sources know without reading: equal keys, equal bytes. */
  readonly contentKey?: string | undefined;
  /**
   * Reads a byte range of a tensor; the caller owns the array.
   * @throws BayLingError `tensor-not-found`, `argument-invalid` for a range outside it, `source-unreadable`,
   * `source-changed`, `disposed`
   */
  readTensor(name: string, options?: ReadTensorOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Closes the files that `readGguf` opened. A `ByteSource` that the caller passed stays open. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a GGUF model and reads its header: metadata and the list of tensors, not the tensors.
 *
 * A model in several files (`-00001-of-0000N.gguf`) is opened by any of them when they lie side by side at a path or
 * URL; otherwise pass an array with all of them.
 * @throws BayLingError `source-not-found`, `source-unreadable`, `source-not-supported`, `gguf-not-gguf`,
 * `gguf-version-not-supported`, `gguf-truncated`, `gguf-invalid`, `gguf-split-incomplete`, `tensor-type-not-supported`
 */
export async function readGguf(source: GgufInput, options: ReadOptions = {}): Promise<GgufFile> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  const inputs: readonly SourceInput[] = Array.isArray(source) ? source : [source as SourceInput];
  const [firstInput] = inputs;
  if (firstInput === undefined) {
    throw new BayLingError("argument-invalid", { field: "source", problem: "the list of files is empty" });
  }
  const parts: Part[] = [];
  try {
    for (const input of inputs) parts.push(await openModelPart(input, readGgufHeader, options));
    if (inputs.length === 1) await openSiblings(firstInput, parts, options);
    return new OpenGgufFile(orderParts(parts));
  } catch (error) {
    await disposeModelParts(parts);
    throw error;
  }
}

type Part = ModelPart<GgufHeader>;

async function openSiblings(input: SourceInput, parts: Part[], options: ReadOptions): Promise<void> {
  const [{ source, header }] = parts as [Part];
  const count = partCount(header, source.name);
  if (count === 1) return;
  const own = partNumber(header, source.name) ?? 0;
  const missing: string[] = [];
  let cause: unknown;
  // A header may claim any number of files: looking for them stops when several in a row are missing.
  for (let part = 0; part < count && missing.length < 8; part++) {
    if (part === own) continue;
    const sibling = siblingPart(input, source.name, part, count);
    try {
      parts.push(await openModelPart(sibling, readGgufHeader, options));
    } catch (error) {
      if (!BayLingError.isInstance(error) || error.code !== "source-not-found") throw error;
      missing.push(error.source ?? String(sibling));
      cause ??= error;
    }
  }
  if (missing.length === 0) return;
  throw new BayLingError("gguf-split-incomplete", {
    source: source.name,
    problem: "files of this model are missing",
    expected: `all ${count} files side by side`,
    received: `no ${missing.join(", no ")}`,
    remedy: "Download the missing files to the same place",
    cause,
  });
}

/** Sorts the parts by their numbers and checks that each is there once. */
function orderParts(parts: readonly Part[]): readonly Part[] {
  const [first] = parts as [Part];
  const count = Math.max(partCount(first.header, first.source.name), parts.length);
  if (count === 1) return parts;
  const ordered: Part[] = [];
  for (const [index, part] of parts.entries()) {
    const { name } = part.source;
    const number = partNumber(part.header, name) ?? index;
    const claimed = part.header.metadata.number("split.count") ?? count;
    if (ordered[number] !== undefined || claimed !== count || !(number >= 0 && number < count)) {
      throw new BayLingError("gguf-split-incomplete", {
        source: name,
        field: claimed === count ? "split.no" : "split.count",
        problem: "the files do not belong together",
        expected: claimed === count ? `each of 0 to ${count - 1} once` : `${count} files`,
        received: String(claimed === count ? number : claimed),
      });
    }
    ordered[number] = part;
  }
  if (parts.length < count) {
    const missing = Array.from({ length: Math.min(count, 1000) }, (_, number) => number)
      .filter((number) => ordered[number] === undefined)
      .slice(0, 8);
    throw new BayLingError("gguf-split-incomplete", {
      source: first.source.name,
      problem: "files of this model are missing",
      expected: `${count} files`,
      received: `${parts.length}, without number ${missing.map((number) => number + 1).join(", ")}`,
    });
  }
  return ordered;
}

class OpenGgufFile implements GgufFile {
  readonly name: string;
  readonly version: number;
  readonly size: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly files: readonly string[] | undefined;
  readonly contentKey: string | undefined;
  readonly #parts: readonly Part[];
  #disposed = false;

  constructor(parts: readonly Part[]) {
    const [first] = parts as [Part, ...Part[]];
    this.name = first.source.name;
    this.version = first.header.version;
    this.size = parts.reduce((size, { source }) => size + source.size, 0);
    this.metadata = first.header.metadata;
    this.tensors = collectTensors(parts);
    this.files = ofAll(parts, "path");
    this.contentKey = ofAll(parts, "contentKey")?.join();
    this.#parts = parts;
  }

  readTensor(name: string, options: ReadTensorOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const sourceOf = ({ part }: GgufTensor) => this.#parts[part]!.source;
    return readTensor({ name: this.name, tensors: this.tensors, disposed: this.#disposed, sourceOf }, name, options);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await disposeModelParts(this.#parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function ofAll(parts: readonly Part[], field: "path" | "contentKey"): readonly string[] | undefined {
  const values = parts.map(({ source }) => source[field]);
  return values.includes(undefined) ? undefined : (values as string[]);
}

function collectTensors(parts: readonly Part[]): ReadonlyMap<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const [part, { source, header }] of parts.entries()) {
    for (const tensor of header.tensors) {
      if (tensors.has(tensor.name)) {
        throw new BayLingError("gguf-invalid", {
          source: source.name,
          field: tensor.name,
          problem: "another file of the model has a tensor of this name",
        });
      }
      tensors.set(tensor.name, { ...tensor, part });
    }
  }
  const [first] = parts as [Part];
  const declared = parts.length > 1 ? first.header.metadata.number("split.tensors.count") : undefined;
  if (declared !== undefined && declared !== tensors.size) {
    throw new BayLingError("gguf-split-incomplete", {
      source: first.source.name,
      field: "split.tensors.count",
      problem: "the files do not hold all tensors",
      expected: String(declared),
      received: String(tensors.size),
    });
  }
  return tensors;
}
