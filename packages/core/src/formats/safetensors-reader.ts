import { checkOptions } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { disposeModelParts, type ModelPart, openModelPart } from "./model-part.ts";
import { type ReadTensorOptions, readTensor } from "./read-tensor.ts";
import { readSafetensorsHeader, type SafetensorsHeader, type SafetensorsTensor } from "./safetensors-header.ts";

/** Open safetensors files: their headers in memory, their tensors where they were. */
export interface SafetensorsFile {
  /** Path, file name or URL of the first file. */
  readonly name: string;
  /** Bytes of all files together. */
  readonly size: number;
  /** All tensors by name, in the order of the files. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** What the writer of the first file noted. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Says which bytes the files hold, where their sources know without reading: equal keys, equal bytes. */
  readonly contentKey: string | undefined;
  /**
   * Reads a byte range of a tensor; the caller owns the array.
   * @throws BayLingError `tensor-not-found`, `argument-invalid` for a range outside it, `source-unreadable`,
   * `source-changed`, `disposed`
   */
  readTensor(name: string, options?: ReadTensorOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Closes the files that `readSafetensors` opened. A `ByteSource` that the caller passed stays open. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a safetensors file, or all the shards of one model, and reads the headers, not the tensors.
 * @throws BayLingError `safetensors-invalid`, `safetensors-truncated`, `source-…`, `argument-invalid`
 */
export async function readSafetensors(
  source: SourceInput | readonly SourceInput[],
  options: ReadOptions = {},
): Promise<SafetensorsFile> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  const inputs: readonly SourceInput[] = Array.isArray(source) ? source : [source as SourceInput];
  if (inputs.length === 0) {
    throw new BayLingError("argument-invalid", { field: "source", problem: "the list of files is empty" });
  }
  const shards: Shard[] = [];
  try {
    for (const input of inputs) shards.push(await openModelPart(input, readSafetensorsHeader, options));
    return new OpenSafetensorsFile(shards);
  } catch (error) {
    await disposeModelParts(shards);
    throw error;
  }
}

type Shard = ModelPart<SafetensorsHeader>;

class OpenSafetensorsFile implements SafetensorsFile {
  readonly name: string;
  readonly size: number;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly contentKey: string | undefined;
  readonly #shards: readonly Shard[];
  readonly #places: ReadonlyMap<string, ByteSource>;
  #disposed = false;

  constructor(shards: readonly Shard[]) {
    const [first] = shards as [Shard];
    this.name = first.source.name;
    this.size = shards.reduce((size, { source }) => size + source.size, 0);
    this.metadata = first.header.metadata;
    const tensors = new Map<string, SafetensorsTensor>();
    const places = new Map<string, ByteSource>();
    for (const { source, header } of shards) {
      for (const tensor of header.tensors) {
        if (tensors.has(tensor.name)) throw repeated(tensor.name, source, places.get(tensor.name)!);
        tensors.set(tensor.name, tensor);
        places.set(tensor.name, source);
      }
    }
    this.tensors = tensors;
    const keys = shards.map(({ source }) => source.contentKey);
    this.contentKey = keys.includes(undefined) ? undefined : keys.join();
    this.#shards = shards;
    this.#places = places;
  }

  readTensor(name: string, options: ReadTensorOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const sourceOf = (tensor: SafetensorsTensor) => this.#places.get(tensor.name)!;
    return readTensor({ name: this.name, tensors: this.tensors, disposed: this.#disposed, sourceOf }, name, options);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await disposeModelParts(this.#shards);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function repeated(name: string, source: ByteSource, other: ByteSource): BayLingError {
  return new BayLingError("safetensors-invalid", {
    source: source.name,
    field: name,
    problem: "another file of the model has a tensor of this name",
    received: other.name,
  });
}
