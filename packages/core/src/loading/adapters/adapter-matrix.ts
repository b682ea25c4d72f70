import { BayLingError } from "../../errors.ts";
import { dequantizer } from "../../formats/dequantize.ts";
import { isTensorType, rowBytes, tensorTypeNames } from "../../formats/tensor-types.ts";
import type { RowOrder } from "../../graph/rope-rows.ts";
import type { ReadOptions } from "../../sources/byte-source.ts";

/** A matrix of an adapter, read by rows. */
export interface AdapterMatrix {
  readonly rows: number;
  readonly columns: number;
  /** `count` rows from `first` on, `[count, columns]`. */
  read(first: number, count: number, options: ReadOptions): Promise<Float32Array>;
}

/** A tensor of an adapter's file. */
export interface AdapterTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

/** The open file of an adapter, of either format. */
export interface AdapterFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, AdapterTensor>;
  readTensor(
    name: string,
    range: ReadOptions & { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array>;
}

/**
 * A tensor of a file as a matrix; a vector has one column.
 * @throws BayLingError `adapter-invalid` for other shapes and for empty ones, `tensor-type-not-supported`
 */
export function matrixOf(file: AdapterFile, { name, type, shape }: AdapterTensor): AdapterMatrix {
  const [rows = 0, columns = 1] = shape;
  if (shape.length > 2 || rows < 1 || columns < 1) {
    throw new BayLingError("adapter-invalid", {
      source: file.name,
      field: name,
      problem: "the tensor has a shape that none of an adapter has",
      expected: "a matrix or a vector that is not empty",
      received: `[${shape.join(", ")}]`,
    });
  }
  if (!isTensorType(type)) {
    throw new BayLingError("tensor-type-not-supported", {
      source: file.name,
      field: name,
      problem: "this SDK cannot decode the tensor's type",
      expected: tensorTypeNames.join(", "),
      received: type,
    });
  }
  const decode = dequantizer(type);
  // Blocks of a vector go on over its rows of one element.
  const bytesOf = (count: number) => (columns === 1 ? rowBytes(type, count) : count * rowBytes(type, columns));
  return {
    rows,
    columns,
    async read(first, count, { signal }) {
      const bytes = await file.readTensor(name, { offset: bytesOf(first), length: bytesOf(count), signal });
      const values = new Float32Array(count * columns);
      decode(bytes, 0, values.length, values, 0);
      return values;
    },
  };
}

/** The matrix with rows and columns swapped. Every read takes all of it. */
export function transposed(matrix: AdapterMatrix): AdapterMatrix {
  const { rows: columns, columns: rows } = matrix;
  return {
    rows,
    columns,
    async read(first, count, options) {
      const stored = await matrix.read(0, columns, options);
      const values = new Float32Array(count * columns);
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < columns; column++) {
          values[row * columns + column] = stored[column * rows + first + row]!;
        }
      }
      return values;
    },
  };
}

/** The matrix with the rows of every head in another order; its rows are whole heads. */
export function reordered(matrix: AdapterMatrix, order: RowOrder): AdapterMatrix {
  const { rows, columns } = matrix;
  const head = order.length;
  return {
    rows,
    columns,
    async read(first, count, options) {
      const begin = Math.floor(first / head) * head;
      const end = Math.ceil((first + count) / head) * head;
      const stored = await matrix.read(begin, end - begin, options);
      const values = new Float32Array(count * columns);
      for (let row = 0; row < count; row++) {
        const within = first + row - begin;
        const source = within - (within % head) + order[within % head]!;
        values.set(stored.subarray(source * columns, (source + 1) * columns), row * columns);
      }
      return values;
    },
  };
}
