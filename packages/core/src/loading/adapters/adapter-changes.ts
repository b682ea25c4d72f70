import { BayLingError } from "../../errors.ts";
import type { RopePairing } from "../../graph/model-config.ts";
import { ropeRowOrder } from "../../graph/rope-rows.ts";
import type { AdapterBase, LowRankUpdate, WeightChange } from "./adapter.ts";
import {
  type AdapterFile,
  type AdapterMatrix,
  type AdapterTensor,
  matrixOf,
  reordered,
  transposed,
} from "./adapter-matrix.ts";

/** The embedding table: its update is stored with rows and columns swapped, by everyone. */
const embeddingName = "model.embed_tokens.weight";

/** What a file says of one weight: any of these. */
interface Parts {
  readonly weight: string;
  whole?: AdapterTensor;
  /** The matrix that meets the input: [rank, columns]. */
  first?: AdapterTensor;
  /** The matrix that makes the output: [rows, rank]. */
  second?: AdapterTensor;
  magnitude?: AdapterTensor;
}

/** Which part of a change a tensor is. */
export type PartName = Exclude<keyof Parts, "weight">;

/** Facts of a format that the shapes do not tell. */
export interface ChangesFormat {
  /** How rows of queries and keys lie in the file. */
  readonly pairing: RopePairing;
  /** Factor of the update of a weight, by the weight's name and the rank that the file has. */
  scaling(weight: string, rank: number): number;
  /** Whether the first matrix of the embedding table's update is [rank, rows], or [rows, rank]. */
  readonly embeddingByRank: boolean;
}

/** Gathers the tensors of an adapter by the weights that they change, and checks that they fit. */
export class AdapterChanges {
  readonly #file: AdapterFile;
  readonly #base: AdapterBase;
  readonly #parts = new Map<string, Parts>();

  constructor(file: AdapterFile, base: AdapterBase) {
    this.#file = file;
    this.#base = base;
  }

  /** @throws BayLingError `adapter-mismatch` for a weight that the base does not have, `adapter-invalid` */
  add(weight: string, part: PartName, tensor: AdapterTensor): void {
    if (!this.#base.shapes.has(weight)) {
      throw new BayLingError("adapter-mismatch", {
        source: this.#file.name,
        field: tensor.name,
        problem: "the adapter changes a weight that the model does not have",
        expected: `weights of ${this.#base.name}, architecture ${this.#base.config.architecture}`,
        remedy: "Use the adapter with the model that it was made for",
      });
    }
    const parts: Parts = this.#parts.get(weight) ?? { weight };
    if (parts[part] !== undefined) {
      throw this.#invalid(tensor.name, "the adapter says twice what becomes of a weight", parts[part].name);
    }
    parts[part] = tensor;
    this.#parts.set(weight, parts);
  }

  /** @throws BayLingError `adapter-mismatch`, `adapter-invalid`, `adapter-not-supported`, `tensor-type-not-supported` */
  finish(format: ChangesFormat): ReadonlyMap<string, WeightChange> {
    if (this.#parts.size === 0) throw this.#invalid(undefined, "the adapter changes nothing");
    return new Map(Array.from(this.#parts.values(), (parts) => [parts.weight, this.#change(parts, format)]));
  }

  #change(parts: Parts, format: ChangesFormat): WeightChange {
    const { weight, whole, magnitude } = parts;
    const shape = this.#base.shapes.get(weight)!;
    const [rows, columns = 1] = shape as readonly [number, number?];
    const ordered = (matrix: AdapterMatrix) => this.#inOrder(weight, matrix, format.pairing);
    const update = this.#update(parts, shape, format);
    if (magnitude !== undefined && (update === undefined || weight === embeddingName)) {
      throw new BayLingError("adapter-not-supported", {
        source: this.#file.name,
        field: magnitude.name,
        problem: "lengths of rows (DoRA) come with an update of a linear layer only",
      });
    }
    return {
      replacement: whole && ordered(this.#fitting(whole, rows, columns)),
      update: update && { ...update, left: ordered(update.left) },
      magnitude: magnitude && ordered(this.#fitting(magnitude, rows, 1)),
    };
  }

  #update(parts: Parts, shape: readonly number[], format: ChangesFormat): LowRankUpdate | undefined {
    const { weight, first, second } = parts;
    if (first === undefined && second === undefined) return undefined;
    if (first === undefined || second === undefined) {
      throw this.#invalid((first ?? second)!.name, "one matrix of the pair is missing");
    }
    const [rows, columns] = shape as readonly [number, number?];
    if (columns === undefined) throw this.#mismatch(first, "no update of rank r: the weight is a vector", first.shape);
    if (weight === embeddingName) {
      const stored = this.#matrix(first);
      const left = format.embeddingByRank ? transposed(stored) : stored;
      const rank = left.columns;
      if (left.rows !== rows) {
        throw this.#mismatch(first, format.embeddingByRank ? `[r, ${rows}]` : `[${rows}, r]`, first.shape);
      }
      const right = transposed(this.#fitting(second, columns, rank));
      return { left, right, scaling: format.scaling(weight, rank) };
    }
    const right = this.#matrix(first);
    if (right.columns !== columns) throw this.#mismatch(first, `[r, ${columns}]`, first.shape);
    const left = this.#fitting(second, rows, right.rows);
    return { left, right, scaling: format.scaling(weight, right.rows) };
  }

  #matrix(tensor: AdapterTensor): AdapterMatrix {
    if (tensor.shape.length !== 2) throw this.#mismatch(tensor, "a matrix", tensor.shape);
    return matrixOf(this.#file, tensor);
  }

  #fitting(tensor: AdapterTensor, rows: number, columns: number): AdapterMatrix {
    const matrix = matrixOf(this.#file, tensor);
    if (matrix.rows === rows && matrix.columns === columns) return matrix;
    throw this.#mismatch(tensor, columns === 1 ? `[${rows}]` : `[${rows}, ${columns}]`, tensor.shape);
  }

  /** Hazard: formats differ in the rows of queries and keys, and a wrong order still writes fluent-looking nonsense. */
  #inOrder(weight: string, matrix: AdapterMatrix, pairing: RopePairing): AdapterMatrix {
    const { rope, headSize } = this.#base.config;
    if (rope.pairing === pairing || !/\.self_attn\.[qk]_(proj|norm)\.(weight|bias)$/.test(weight)) return matrix;
    return reordered(matrix, ropeRowOrder({ headSize, rotaryDimension: rope.rotaryDimension }, rope.pairing));
  }

  #mismatch(tensor: AdapterTensor, expected: string, shape: readonly number[]): BayLingError {
    return new BayLingError("adapter-mismatch", {
      source: this.#file.name,
      field: tensor.name,
      problem: `the adapter does not fit ${this.#base.name}`,
      expected,
      received: `[${shape.join(", ")}]`,
      remedy: "Use the adapter with the model that it was made for",
    });
  }

  #invalid(field: string | undefined, problem: string, received?: string): BayLingError {
    return new BayLingError("adapter-invalid", { source: this.#file.name, field, problem, received });
  }
}
