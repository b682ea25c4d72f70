import { checkOptions } from "../check-argument.ts";
import { BayLingError, type ErrorCode } from "../errors.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { disposeModelParts, type ModelPart, openModelPart } from "./model-part.ts";
import { type ReadTensorOptions, readTensor } from "./read-tensor.ts";

/** A tensor of a checkpoint: what the header of its file says of it. */
export interface CheckpointTensor {
  readonly name: string;
  /** As safetensors names it, e.g. `BF16`; `isTensorType(type)` tells whether the SDK decodes it. */
  readonly type: string;
  /** Row-major, outermost dimension first: [rows, columns]. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Where it begins in its file, in bytes. */
  readonly offset: number;
}

/** The open files of a model's weights, safetensors or PyTorch: their headers in memory, their tensors where they were. */
export interface CheckpointFile {
  /** Path, file name or URL of the first file. */
  readonly name: string;
  /** Bytes of all files together. */
  readonly size: number;
  /** All tensors by name, in the order of the files. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Absolute paths of the files; `undefined` unless all of them lie on the disk. */
  readonly files: readonly string[] | undefined;
  /** Says which bytes the files hold, where their sources know without reading: equal keys, equal bytes. */
  readonly contentKey: string | undefined;
  /**
   * Reads a byte range of a tensor; the caller owns the array.
   * @throws BayLingError `tensor-not-found`, `argument-invalid` for a range outside it, `source-unreadable`,
   * `source-changed`, `disposed`
   */
  readTensor(name: string, options?: ReadTensorOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Closes the files that were opened here. A `ByteSource` that the caller passed stays open. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What opening needs of the header of a file. */
export interface CheckpointHeader {
  readonly tensors: readonly CheckpointTensor[];
}

type Part<Header extends CheckpointHeader> = ModelPart<Header>;

/**
 * Opens the files of one model and reads the headers, not the tensors.
 * @param create makes one of the open files
 * @throws BayLingError `argument-invalid`, and what opening a file, reading its header and `create` throw
 */
export async function openCheckpoint<Header extends CheckpointHeader, File>(
  source: SourceInput | readonly SourceInput[],
  readHeader: (source: ByteSource, options: ReadOptions) => Promise<Header>,
  create: (parts: readonly Part<Header>[]) => File,
  options: ReadOptions,
): Promise<File> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  const inputs: readonly SourceInput[] = Array.isArray(source) ? source : [source as SourceInput];
  if (inputs.length === 0) {
    throw new BayLingError("argument-invalid", { field: "source", problem: "the list of files is empty" });
  }
  const parts: Part<Header>[] = [];
  try {
    for (const input of inputs) parts.push(await openModelPart(input, readHeader, options));
    return create(parts);
  } catch (error) {
    await disposeModelParts(parts);
    throw error;
  }
}

/** Files that are open, as one. */
export class OpenCheckpointFile implements CheckpointFile {
  readonly name: string;
  readonly size: number;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  readonly files: readonly string[] | undefined;
  readonly contentKey: string | undefined;
  readonly #parts: readonly Part<CheckpointHeader>[];
  readonly #places: ReadonlyMap<string, ByteSource>;
  #disposed = false;

  /** @throws BayLingError with the code `invalid` when two files have a tensor of one name */
  constructor(parts: readonly Part<CheckpointHeader>[], invalid: ErrorCode) {
    const [first] = parts as [Part<CheckpointHeader>];
    this.name = first.source.name;
    this.size = parts.reduce((size, { source }) => size + source.size, 0);
    const tensors = new Map<string, CheckpointTensor>();
    const places = new Map<string, ByteSource>();
    for (const { source, header } of parts) {
      for (const tensor of header.tensors) {
        const other = places.get(tensor.name);
        if (other !== undefined) throw repeated(tensor.name, source, other, invalid);
        tensors.set(tensor.name, tensor);
        places.set(tensor.name, source);
      }
    }
    this.tensors = tensors;
    const paths = parts.map(({ source }) => source.path);
    this.files = paths.every((path) => path !== undefined) ? paths : undefined;
    const keys = parts.map(({ source }) => source.contentKey);
    this.contentKey = keys.includes(undefined) ? undefined : keys.join();
    this.#parts = parts;
    this.#places = places;
  }

  readTensor(name: string, options: ReadTensorOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const sourceOf = (tensor: CheckpointTensor) => this.#places.get(tensor.name)!;
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

function repeated(name: string, source: ByteSource, other: ByteSource, code: ErrorCode): BayLingError {
  return new BayLingError(code, {
    source: source.name,
    field: name,
    problem: "another file of the model has a tensor of this name",
    received: other.name,
  });
}
