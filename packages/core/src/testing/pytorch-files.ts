import type { TestTensor } from "./hugging-face-files.ts";

const encoder = new TextEncoder();

/** Little-endian bytes of a number. */
export function little(value: number, bytes: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), true);
  return [...new Uint8Array(view.buffer, 0, bytes)];
}

export interface ZipFile {
  readonly name: string;
  readonly data: Uint8Array;
}

export interface ZipOptions {
  /** Sizes and offsets in 64 bits, as PyTorch writes them beyond 4 GB. */
  readonly wide?: boolean;
  readonly method?: number;
}

/** A ZIP archive of stored files, each beginning at a multiple of 64 as PyTorch lays them. */
export function zipBytes(
  files: readonly ZipFile[],
  { wide = false, method = 0 }: ZipOptions = {},
): Uint8Array<ArrayBuffer> {
  const bytes = new ByteList();
  const central = new ByteList();
  const limit = 0xffffffff;
  for (const { name, data } of files) {
    const spelled = [...encoder.encode(name)];
    const offset = bytes.length;
    const padding = (64 - ((offset + 30 + spelled.length + 4) % 64)) % 64;
    const size = little(wide ? limit : data.length, 4);
    const facts = [...little(method, 2), 0, 0, 0, 0, 0, 0, 0, 0, ...size, ...size, ...little(spelled.length, 2)];
    bytes.push(...[0x50, 0x4b, 3, 4, 45, 0, 0, 0], ...facts, ...little(4 + padding, 2), ...spelled);
    bytes.push(0x46, 0x42, ...little(padding, 2), ...new Uint8Array(padding));
    bytes.append(data);
    const extra = wide ? [1, 0, 24, 0, ...little(data.length, 8), ...little(data.length, 8), ...little(offset, 8)] : [];
    central.push(...[0x50, 0x4b, 1, 2, 45, 0, 45, 0, 0, 0], ...facts, ...little(extra.length, 2));
    central.push(...new Uint8Array(10), ...little(wide ? limit : offset, 4), ...spelled, ...extra);
  }
  const start = bytes.length;
  bytes.append(central.bytes());
  if (wide) {
    const end = bytes.length;
    const count = little(files.length, 8);
    bytes.push(...[0x50, 0x4b, 6, 6], ...little(44, 8), 45, 0, 45, 0, ...new Uint8Array(8), ...count, ...count);
    bytes.push(...little(central.length, 8), ...little(start, 8));
    bytes.push(...[0x50, 0x4b, 6, 7, 0, 0, 0, 0], ...little(end, 8), 1, 0, 0, 0);
  }
  const count = little(wide ? 0xffff : files.length, 2);
  const place = wide ? [...little(limit, 4), ...little(limit, 4)] : [...little(central.length, 4), ...little(start, 4)];
  bytes.push(...[0x50, 0x4b, 5, 6, 0, 0, 0, 0], ...count, ...count, ...place, 0, 0);
  return bytes.bytes();
}

/** Bytes that may be more than a call can have arguments. */
class ByteList {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  push(...bytes: readonly number[]): void {
    this.append(Uint8Array.from(bytes));
  }

  append(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.length += bytes.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

type Opcode =
  | ("protocol" | "stop" | "mark" | "none" | "no" | "emptyTuple" | "emptyDictionary")
  | ("tuple" | "call" | "build" | "setItems" | "storage");

const opcodes: Readonly<Record<Opcode, readonly number[]>> = {
  protocol: [0x80, 2],
  stop: [0x2e],
  mark: [0x28],
  none: [0x4e],
  no: [0x89],
  emptyTuple: [0x29],
  emptyDictionary: [0x7d],
  tuple: [0x74],
  call: [0x52],
  build: [0x62],
  setItems: [0x75],
  storage: [0x51],
};

interface Operands {
  readonly global: (module: string, name: string) => number[];
  readonly text: (text: string) => number[];
  readonly integer: (value: number) => number[];
  readonly put: (place: number) => number[];
  readonly get: (place: number) => number[];
}

/** Pieces of a pickle, by the opcodes of protocol 2. */
export const pickle: typeof opcodes & Operands = {
  ...opcodes,
  global: (module, name) => [0x63, ...encoder.encode(`${module}\n${name}\n`)],
  text: (text) => {
    const bytes = encoder.encode(text);
    return [0x58, ...little(bytes.length, 4), ...bytes];
  },
  integer: (value) => [0x4a, ...little(value, 4)],
  put: (place) => [0x72, ...little(place, 4)],
  get: (place) => [0x6a, ...little(place, 4)],
};

const storageClasses: Readonly<Record<string, string>> = {
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
};

/** How a tensor lies in its storage. */
export interface TensorLayout {
  readonly key: string;
  /** Elements of the storage. */
  readonly elements: number;
  readonly offset?: number;
  readonly strides?: readonly number[];
}

/** What `torch._utils._rebuild_tensor_v2` is called with. */
export function pickledTensor({ type, shape }: Omit<TestTensor, "name" | "data">, layout: TensorLayout): number[] {
  const { key, elements, offset = 0 } = layout;
  const strides = layout.strides ?? shape.map((_, index) => shape.slice(index + 1).reduce((a, b) => a * b, 1));
  const { mark, tuple, global, text, integer } = pickle;
  const counts = (numbers: readonly number[]) => [...mark, ...numbers.flatMap(integer), ...tuple];
  return [
    ...global("torch._utils", "_rebuild_tensor_v2"),
    ...mark,
    ...[...mark, ...text("storage"), ...global("torch", storageClasses[type] ?? type), ...text(key)],
    ...[...text("cpu"), ...integer(elements), ...tuple, ...pickle.storage],
    ...[...integer(offset), ...counts(shape), ...counts(strides), ...pickle.no],
    ...[...global("collections", "OrderedDict"), ...pickle.emptyTuple, ...pickle.call],
    ...[...tuple, ...pickle.call],
  ];
}

/** A pickled dictionary. */
export function pickledDictionary(entries: readonly (readonly [string, readonly number[]])[]): number[] {
  const items = entries.flatMap(([name, value]) => [...pickle.text(name), ...value]);
  return [...pickle.protocol, ...pickle.emptyDictionary, ...pickle.mark, ...items, ...pickle.setItems, ...pickle.stop];
}

/** A file of `torch.save` with a pickle of one's own. */
export function pytorchArchive(
  pickled: ArrayLike<number>,
  storages: readonly Uint8Array[],
  options: ZipOptions = {},
): Uint8Array<ArrayBuffer> {
  const files = [
    { name: "archive/data.pkl", data: Uint8Array.from(pickled) },
    { name: "archive/byteorder", data: encoder.encode("little") },
    ...storages.map((data, index) => ({ name: `archive/data/${index}`, data })),
    { name: "archive/version", data: encoder.encode("3\n") },
  ];
  return zipBytes(files, options);
}

/** The bytes of a `pytorch_model.bin`. */
export function pytorchBytes(tensors: readonly TestTensor[], options: ZipOptions = {}): Uint8Array<ArrayBuffer> {
  const entries = tensors.map((tensor, index) => {
    const elements = tensor.shape.reduce((product, extent) => product * extent, 1);
    return [tensor.name, pickledTensor(tensor, { key: String(index), elements })] as const;
  });
  const storages = tensors.map(({ data }) => data);
  return pytorchArchive(pickledDictionary(entries), storages, options);
}
