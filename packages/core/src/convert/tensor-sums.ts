import { BayLingError } from "../errors.ts";
import type { CheckpointFile, CheckpointTensor } from "../formats/checkpoint-file.ts";
import { dequantizer } from "../formats/dequantize.ts";
import { quantizeInto } from "../formats/quantize.ts";
import { rowBytes } from "../formats/tensor-types.ts";
import { isSpare } from "../loading/hugging-face-names.ts";
import type { ReadOptions } from "../sources/byte-source.ts";

/** A tensor of two checkpoints. */
export interface TensorPair {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Rows at the end that the base does not have. */
  readonly addedRows: number;
  readonly base: TensorHalves;
  readonly other: TensorHalves;
}

/** Reads elements of a tensor, rounded to half precision; those beyond its end are zero. */
export interface TensorHalves {
  /** Fills `values` with the elements from `first` on. */
  read(first: number, values: Float32Array, options: ReadOptions): Promise<void>;
}

/** Grow with the vocabulary. */
const byToken: readonly string[] = ["model.embed_tokens.weight", "lm_head.weight"];

/**
 * Finds the tensors that belong together, in the order of `other`.
 * @throws BayLingError `tensor-not-found` for one that the other side does not have, `model-shape-mismatch`,
 * `tensor-type-not-supported`
 */
export function pairTensors(
  base: CheckpointFile,
  other: CheckpointFile,
  tieWordEmbeddings: boolean,
): readonly TensorPair[] {
  const counts = (name: string) => !isSpare(name, { tieWordEmbeddings });
  for (const name of base.tensors.keys())
    if (counts(name) && !other.tensors.has(name)) throw missing(name, other, base);
  return [...other.tensors.values()]
    .filter(({ name }) => counts(name))
    .map((tensor): TensorPair => {
      const { name, shape } = tensor;
      const counterpart = base.tensors.get(name);
      if (counterpart === undefined) throw missing(name, base, other);
      const addedRows = addedRowsOf(tensor, counterpart, other, base);
      const elements = shape.reduce((product, extent) => product * extent, 1);
      return { name, shape, elements, addedRows, base: halves(base, counterpart), other: halves(other, tensor) };
    });
}

function addedRowsOf(
  { name, shape }: CheckpointTensor,
  { shape: known }: CheckpointTensor,
  file: CheckpointFile,
  base: CheckpointFile,
): number {
  if (shape.join() === known.join()) return 0;
  const [rows = 0, columns] = shape;
  const [knownRows = 0, knownColumns] = known;
  const grown = byToken.includes(name) && shape.length === 2 && known.length === 2 && columns === knownColumns;
  if (grown && rows > knownRows) return rows - knownRows;
  throw new BayLingError("model-shape-mismatch", {
    source: file.name,
    field: name,
    problem: `the tensor has another shape than that of ${base.name}`,
    expected: known.join(" × "),
    received: shape.join(" × "),
    remedy: "Take the base that the other model was made from",
  });
}

function missing(name: string, file: CheckpointFile, other: CheckpointFile): BayLingError {
  return new BayLingError("tensor-not-found", {
    source: file.name,
    field: name,
    problem: "both models must have the same tensors",
    expected: `the tensor of ${other.name}`,
    remedy: "Take the base that the other model was made from",
  });
}

const floats = ["F32", "F16", "BF16"] as const;

function halves(file: CheckpointFile, { name, type: stored, shape }: CheckpointTensor): TensorHalves {
  const type = floats.find((known) => known === stored);
  if (type === undefined) {
    throw new BayLingError("tensor-type-not-supported", {
      source: file.name,
      field: name,
      problem: "delta weights are made of floats",
      expected: floats.join(", "),
      received: stored,
    });
  }
  const elements = shape.reduce((product, extent) => product * extent, 1);
  return {
    async read(first, values, { signal }) {
      const length = Math.max(0, Math.min(values.length, elements - first));
      values.fill(0, length);
      if (length === 0) return;
      const range = { offset: rowBytes(type, first), length: rowBytes(type, length), signal };
      const bytes = await file.readTensor(name, range);
      dequantizer(type)(bytes, 0, length, values, 0);
      if (type !== "F16") roundToHalves(values, length, { source: file.name, tensor: name, first });
    },
  };
}

const roundingBytes = new Uint8Array(2 * 1024);

function roundToHalves(
  values: Float32Array,
  length: number,
  place: { readonly source: string; readonly tensor: string; readonly first: number },
): void {
  const most = roundingBytes.length / 2;
  for (let start = 0; start < length; start += most) {
    const part = values.subarray(start, Math.min(length, start + most));
    quantizeInto("F16", part, part.length, roundingBytes, { ...place, first: place.first + start });
    dequantizer("F16")(roundingBytes, 0, part.length, part, 0);
  }
}

/** Elements in memory at once. */
const pieceElements = 1024 * 256;

/**
 * other + sign · base in half precision, piece by piece: halves are added as float32 and the sum is rounded to the
 * nearest half, ties to even, which is what PyTorch does. Every piece is the same array, overwritten.
 * @throws BayLingError `tensor-value-invalid` for sums that are no finite half
 */
export async function* sumPieces(
  { name, elements, base, other }: TensorPair,
  sign: 1 | -1,
  options: ReadOptions & { readonly source: string },
): AsyncGenerator<Uint8Array> {
  const size = Math.min(pieceElements, elements);
  const sum = new Float32Array(size);
  const added = new Float32Array(size);
  const output = new Uint8Array(2 * size);
  for (let first = 0; first < elements; first += size) {
    const length = Math.min(size, elements - first);
    await Promise.all([
      other.read(first, sum.subarray(0, length), options),
      base.read(first, added.subarray(0, length), options),
    ]);
    for (let index = 0; index < length; index++) sum[index] = sum[index]! + sign * added[index]!;
    quantizeInto("F16", sum, length, output, { source: options.source, tensor: name, first });
    yield output.subarray(0, 2 * length);
  }
}
