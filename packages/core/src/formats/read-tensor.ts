import { checkOptions, describeValue } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";

/** Which bytes of a tensor to read. */
export interface ReadTensorOptions extends ReadOptions {
  /** First byte, from the beginning of the tensor. Default 0. */
  readonly offset?: number | undefined;
  /** Bytes to read. Default: all that follow. */
  readonly length?: number | undefined;
}

/** Where a tensor lies in the file that holds it, in bytes. */
interface TensorPlace {
  readonly offset: number;
  readonly byteLength: number;
}

/** The files of a model as far as reading from them goes. */
interface TensorFiles<Tensor> {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly disposed: boolean;
  sourceOf(tensor: Tensor): ByteSource;
}

/**
 * Reads a byte range of a tensor; the caller owns the array.
 * @throws BayLingError `tensor-not-found`, `argument-invalid` for a range outside it, `source-unreadable`,
 * `source-changed`, `disposed`
 */
export async function readTensor<Tensor extends TensorPlace>(
  files: TensorFiles<Tensor>,
  name: string,
  options: ReadTensorOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions(options);
  const { signal, offset = 0 } = options;
  signal?.throwIfAborted();
  if (files.disposed) throw new BayLingError("disposed", { source: files.name, problem: "the file is closed" });
  const tensor = files.tensors.get(name);
  if (tensor === undefined) {
    throw new BayLingError("tensor-not-found", {
      source: files.name,
      field: typeof name === "string" ? name : describeValue(name),
      problem: "the file has no such tensor",
    });
  }
  const { length = typeof offset === "number" ? tensor.byteLength - offset : 0 } = options;
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!valid || offset + length > tensor.byteLength) {
    throw new BayLingError("argument-invalid", {
      source: files.name,
      field: name,
      problem: "the range is not within the tensor",
      expected: `bytes within 0 to ${tensor.byteLength}`,
      received: `offset ${describeValue(offset)}, length ${describeValue(length)}`,
    });
  }
  return files.sourceOf(tensor).read(tensor.offset + offset, length, { signal });
}
