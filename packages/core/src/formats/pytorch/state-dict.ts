import { describeValue } from "../../check-argument.ts";
import { BayLingError } from "../../errors.ts";
import { readPickle } from "./pickle-reader.ts";

/** A tensor as a state dict describes it: rows in order, in a storage that it may share with others. */
export interface StoredTensor {
  readonly name: string;
  /** As safetensors names it. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** The file of the archive that holds the storage, under `data/`. */
  readonly storage: string;
  /** Bytes of the whole storage. */
  readonly storageBytes: number;
  /** Where the tensor begins in its storage, in bytes. */
  readonly offset: number;
}

/** Element types by PyTorch's classes of storages. */
const storages: ReadonlyMap<string, ElementType> = new Map([
  ["DoubleStorage", { type: "F64", bytes: 8 }],
  ["FloatStorage", { type: "F32", bytes: 4 }],
  ["HalfStorage", { type: "F16", bytes: 2 }],
  ["BFloat16Storage", { type: "BF16", bytes: 2 }],
  ["LongStorage", { type: "I64", bytes: 8 }],
  ["IntStorage", { type: "I32", bytes: 4 }],
  ["ShortStorage", { type: "I16", bytes: 2 }],
  ["CharStorage", { type: "I8", bytes: 1 }],
  ["ByteStorage", { type: "U8", bytes: 1 }],
  ["BoolStorage", { type: "BOOL", bytes: 1 }],
]);

interface ElementType {
  readonly type: string;
  readonly bytes: number;
}

/** The tensors of transformers have two dimensions. */
const mostDimensions = 8;

class Storage {
  readonly element: ElementType;
  readonly key: string;
  readonly length: number;

  constructor(element: ElementType, key: string, length: number) {
    this.element = element;
    this.key = key;
    this.length = length;
  }
}

class Tensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** What a pickle may call. */
type Global = "dictionary" | "tensor" | "parameter" | ElementType;

const callables: ReadonlyMap<string, Global> = new Map([
  ["collections.OrderedDict", "dictionary"],
  ["torch._utils._rebuild_tensor", "tensor"],
  ["torch._utils._rebuild_tensor_v2", "tensor"],
  ["torch._utils._rebuild_parameter", "parameter"],
]);

/**
 * Reads the tensors of a pickled `state_dict()`: a dictionary from names to tensors, and nothing else.
 * @param source the file, for messages
 * @throws BayLingError `pytorch-invalid`, `pytorch-not-supported`, which names what would have been run
 */
export function readStateDict(pickle: Uint8Array, source: string): readonly StoredTensor[] {
  const root = readPickle(pickle, source, {
    global: (name) => findGlobal(name, source),
    call: (callable, args) => call(callable, args, source),
    persistent: (id) => openStorage(id, source),
  });
  if (!(root instanceof Map)) {
    throw notSupported(source, undefined, "the file holds no state dict", "a dictionary from names to tensors", root);
  }
  return Array.from(root, ([name, value]) => {
    if (typeof name === "string" && value instanceof Tensor) return placed(name, value, source);
    throw notSupported(source, String(name), "the file holds more than a state dict", "a tensor", value);
  });
}

function findGlobal(name: string, source: string): Global {
  const [, storage] = /^torch\.(\w+)$/.exec(name) ?? [];
  const known = callables.get(name) ?? storages.get(storage ?? "");
  if (known !== undefined) return known;
  throw new BayLingError("pytorch-not-supported", {
    source,
    field: name,
    problem: "the file wants to run something that no tensors are made with, and nothing of a file is run",
    expected: `${[...callables.keys()].join(", ")} and storages of plain numbers`,
    remedy: "If you trust the file, save its state_dict() again in safetensors",
  });
}

function call(callable: unknown, args: readonly unknown[], source: string): unknown {
  switch (callable) {
    case "dictionary":
      if (args.length === 0) return new Map();
      break;
    case "parameter":
      if (args[0] instanceof Tensor) return args[0];
      break;
    case "tensor": {
      const [storage, offset, shape, strides] = args;
      const counts = isCounts(shape) && isCounts(strides) && shape.length === strides.length;
      if (storage instanceof Storage && isCount(offset) && counts) return new Tensor(storage, offset, shape, strides);
      break;
    }
  }
  const name = typeof callable === "string" ? callable : undefined;
  throw invalid(source, name, "the pickle makes an object of the wrong parts", args.map(describeValue).join(", "));
}

/** `("storage", class, key, device, elements)` */
function openStorage(id: unknown, source: string): Storage {
  if (Array.isArray(id)) {
    const [kind, element, key, , length] = id as readonly unknown[];
    const known = [...storages.values()].find((type) => type === element);
    if (kind === "storage" && known !== undefined && typeof key === "string" && isCount(length)) {
      return new Storage(known, key, length);
    }
  }
  throw invalid(source, undefined, "a storage of tensors makes no sense", describeValue(id));
}

function placed(name: string, { storage, offset, shape, strides }: Tensor, source: string): StoredTensor {
  const { element, key, length } = storage;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length > mostDimensions || !Number.isSafeInteger(offset + elements) || offset + elements > length) {
    const received = `${shape.join(" × ")} from ${offset} in ${length} elements`;
    throw invalid(source, name, "the tensor lies outside of its storage", received);
  }
  if (elements > 0 && !isContiguous(shape, strides)) {
    throw new BayLingError("pytorch-not-supported", {
      source,
      field: name,
      problem: "the tensor is a view whose rows do not follow each other",
      received: `shape ${shape.join(" × ")}, strides ${strides.join(", ")}`,
      remedy: "Save the model again after contiguous(), or in safetensors",
    });
  }
  return {
    ...{ name, type: element.type, shape, storage: key },
    byteLength: elements * element.bytes,
    storageBytes: length * element.bytes,
    offset: offset * element.bytes,
  };
}

/** Row-major without gaps; how far it is to the next of a single one says nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let index = shape.length - 1; index >= 0; index--) {
    if (shape[index] !== 1 && strides[index] !== expected) return false;
    expected *= shape[index]!;
  }
  return true;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

function invalid(source: string, field: string | undefined, problem: string, received: string): BayLingError {
  return new BayLingError("pytorch-invalid", { source, field, problem, received, remedy: "Download the file again" });
}

function notSupported(
  source: string,
  field: string | undefined,
  problem: string,
  expected: string,
  value: unknown,
): BayLingError {
  return new BayLingError("pytorch-not-supported", {
    source,
    field,
    problem,
    expected,
    received: value instanceof Map ? "a dictionary" : describeValue(value),
    remedy: "Save the model's state_dict() alone, with torch.save or in safetensors",
  });
}
