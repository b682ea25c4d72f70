import type { StoredWeight, WeightSource } from "../../backend/backend.ts";
import { dequantizer } from "../../formats/dequantize.ts";
import { type QuantizableType, quantizeInto } from "../../formats/quantize.ts";
import { rowBytes, type TensorType, tensorTypes } from "../../formats/tensor-types.ts";
import type { ReadOptions } from "../../sources/byte-source.ts";
import type { WeightChange } from "./adapter.ts";
import { blockRows, mergeRows, newRowBlock, type RowChange } from "./merge-rows.ts";

/** A change of a weight by one of several adapters. */
export interface ScaledChange extends WeightChange {
  /** The adapter, for messages. */
  readonly adapter: string;
  readonly scale: number;
}

/** Elements that are merged at once: some milliseconds, after which reading lets others have a turn. */
const pieceElements = 1024 * 256;

/** Backends read a few weights side by side, such as queries, keys and values. */
const mostRemembered = 4;

/**
 * The type of a weight that an adapter has changed: the base's own where that holds floats, and otherwise eight bits,
 * because rounding to four again would lose more than many an adapter changes: of changes of a tenth of the size of
 * Gaussian weights, Q4_0 loses 76 %, Q4_K 66 % and Q8_0 5 % (root mean square).
 */
export function adaptedType(base: TensorType, shape: readonly number[]): QuantizableType {
  if (base === "F32" || base === "F16" || base === "BF16") return base;
  if (shape.length === 1) return "F32";
  return shape.at(-1)! % tensorTypes.Q8_0.blockSize === 0 ? "Q8_0" : "F16";
}

/** What becomes of the type of a weight that changes. */
export type AdaptedType = typeof adaptedType;

/** Weights of a base with adapters merged into them row by row, as ranges are read: no backend knows adapters. */
export class AdaptedWeights implements WeightSource {
  readonly #base: WeightSource;
  readonly #changes: ReadonlyMap<string, readonly ScaledChange[]>;
  readonly #baseName: (name: string) => string;
  readonly #typeOf: AdaptedType;
  readonly #remembered = new Map<string, Promise<readonly LoadedChange[]>>();

  /**
   * @param changes of a weight, in the order of the adapters
   * @param baseName what a weight is called in the base
   */
  constructor(
    base: WeightSource,
    changes: ReadonlyMap<string, readonly ScaledChange[]>,
    baseName: (name: string) => string,
    typeOf: AdaptedType,
  ) {
    this.#base = base;
    this.#changes = changes;
    this.#baseName = baseName;
    this.#typeOf = typeOf;
  }

  get(name: string): StoredWeight {
    const stored = this.#base.get(this.#baseName(name));
    if (!this.#changes.has(name)) return stored;
    const { shape } = stored;
    const type = this.#typeOf(stored.type, shape);
    const elements = shape.reduce((product, extent) => product * extent, 1);
    return { type, shape, byteLength: rowBytes(type, elements) };
  }

  async read(
    name: string,
    offset: number,
    length: number,
    { signal }: ReadOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#changes.has(name)) return this.#base.read(this.#baseName(name), offset, length, { signal });
    const { type, shape } = this.get(name);
    // A vector is one row.
    const rowSize = rowBytes(type, shape.at(-1)!);
    const output = new Uint8Array(length);
    const last = Math.ceil((offset + length) / rowSize);
    const piece = Math.max(1, Math.floor(pieceElements / shape.at(-1)!));
    for (let row = Math.floor(offset / rowSize); row < last; row += piece) {
      const bytes = await this.#merged(name, row, Math.min(piece, last - row), signal);
      const at = row * rowSize - offset;
      const from = Math.max(0, -at);
      output.set(bytes.subarray(from, Math.min(bytes.length, length - at)), at + from);
    }
    return output;
  }

  /** `count` rows from `first` on, in the new type. */
  async #merged(name: string, first: number, count: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const baseName = this.#baseName(name);
    const { type: stored, shape } = this.#base.get(baseName);
    const type = this.#typeOf(stored, shape);
    const columns = shape.at(-1)!;
    const changes = await this.#loaded(name);
    const bytesOf = (rows: number) => rows * rowBytes(stored, columns);
    const bytes = await this.#base.read(baseName, bytesOf(first), bytesOf(count), { signal });
    const values = new Float32Array(count * columns);
    dequantizer(stored)(bytes, 0, values.length, values, 0);
    const rows: RowChange[] = [];
    for (const { source, ...change } of changes) {
      rows.push({
        ...change,
        replacement: await source.replacement?.read(...replacedRows(shape, first, count), { signal }),
      });
    }
    const block = newRowBlock(columns);
    for (let place = 0; place < count; place += blockRows) {
      const at = { row: first + place, place, count: Math.min(blockRows, count - place) };
      const targets = block.map((_, index) =>
        values.subarray((place + index) * columns, (place + index + 1) * columns),
      );
      for (const [index, target] of targets.slice(0, at.count).entries()) block[index]!.set(target);
      for (const change of rows) mergeRows(block, change, at);
      for (const [index, target] of targets.slice(0, at.count).entries()) target.set(block[index]!);
    }
    const output = new Uint8Array(count * rowBytes(type, columns));
    const source = changes.map(({ source }) => source.adapter).join(" and ");
    quantizeInto(type, values, values.length, output, { source, tensor: name, first: first * columns });
    return output;
  }

  /** The small matrices of a weight, which every row needs. */
  #loaded(name: string): Promise<readonly LoadedChange[]> {
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    if (this.#remembered.size >= mostRemembered) this.#remembered.delete(this.#remembered.keys().next().value!);
    // Without a signal: others may wait for the same numbers.
    const loaded = Promise.all(this.#changes.get(name)!.map(loadChange));
    loaded.catch(() => this.#remembered.delete(name));
    this.#remembered.set(name, loaded);
    return loaded;
  }
}

interface LoadedChange extends Omit<RowChange, "replacement"> {
  readonly source: ScaledChange;
}

async function loadChange(source: ScaledChange): Promise<LoadedChange> {
  const { update, magnitude, scale } = source;
  return {
    source,
    scale,
    update: update && {
      left: await update.left.read(0, update.left.rows, {}),
      right: await update.right.read(0, update.right.rows, {}),
      rank: update.right.rows,
      scaling: update.scaling,
    },
    magnitude: await magnitude?.read(0, magnitude.rows, {}),
  };
}

/** The rows of a replacement, which holds the elements of a vector as rows of one. */
function replacedRows(shape: readonly number[], first: number, count: number): [first: number, count: number] {
  return shape.length === 1 ? [0, shape[0]!] : [first, count];
}
