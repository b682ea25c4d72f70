import {
  type ComputeContext,
  type ComputeDevice,
  type DeviceBuffer,
  type DeviceWeight,
  rowBytes,
  type TensorType,
} from "@bayling/core/backend";
import { valueError } from "./compare.ts";
import { CaseSkipped, type ConformanceCase } from "./conformance-case.ts";
import { expectEqual, expectThat } from "./expect.ts";
import { decodeTensor } from "./reference/decode-tensor.ts";
import { Random } from "./tiny-llama/random.ts";
import { randomTensor } from "./tiny-llama/random-tensor.ts";
import { describeWorst, rowAndColumn } from "./worst-element.ts";

export type DeviceCase = ConformanceCase<DeviceContext>;

/** Lies where an operation must not write: exact in every float format, and far from what operations compute. */
export const sentinel = 123.5;

/** What a device case works with: the device, the bound on errors, and benches that are disposed of afterwards. */
export class DeviceContext {
  readonly device: ComputeDevice;
  readonly bound: number;
  #worst: number | undefined;
  readonly #open: Set<ComputeContext> = new Set();

  constructor(device: ComputeDevice, bound: number) {
    this.device = device;
    this.bound = bound;
  }

  get worst(): number | undefined {
    return this.#worst;
  }

  skip(reason: string): never {
    throw new CaseSkipped(reason);
  }

  async bench(seed = 1): Promise<Bench> {
    const opened = await this.device.open();
    this.#open.add(opened);
    return new Bench(this, opened, new Random(seed));
  }

  async dispose({ device }: Bench): Promise<void> {
    this.#open.delete(device);
    await device.dispose();
  }

  async close(): Promise<void> {
    for (const opened of [...this.#open]) {
      this.#open.delete(opened);
      await opened.dispose();
    }
  }

  /** @param width the elements of a row, if there are rows, for the message */
  expectValues(actual: ArrayLike<number>, reference: ArrayLike<number>, what: string, width?: number): void {
    expectEqual(actual.length, reference.length, `number of ${what}`);
    const error = valueError(actual, reference);
    this.#worst = Math.max(this.#worst ?? 0, error);
    if (error <= this.bound) return;
    const nameOf = width === undefined ? (index: number) => `element ${index}` : rowAndColumn(width);
    const worst = describeWorst(actual, reference, nameOf);
    throw new Error(`${what}: ${worst} (NMSE ${error.toExponential(2)}, at most ${this.bound})`);
  }

  /** A type without blocks, for matrices of any shape. */
  floatType(): TensorType {
    const type = (["F32", "F16", "BF16"] as const).find((candidate) => this.device.weightTypes.includes(candidate));
    return type ?? this.skip("takes no matrices of F32, F16 or BF16, which the shapes of this case need");
  }
}

/** A weight on the device and its exact values. */
export interface BenchWeight {
  readonly weight: DeviceWeight;
  readonly values: Float64Array;
}

/** An open device with random data to work on. */
export class Bench {
  readonly context: DeviceContext;
  readonly device: ComputeContext;
  readonly random: Random;

  constructor(context: DeviceContext, device: ComputeContext, random: Random) {
    this.context = context;
    this.device = device;
    this.random = random;
  }

  /** Random f32 values as the reference sees them. */
  values(length: number, deviation = 1): Float64Array {
    return Float64Array.from(this.random.floats(length, deviation));
  }

  /** A buffer that holds `values` and, behind them, a few elements that no operation may touch. */
  buffer(values: ArrayLike<number>, spare = 5): DeviceBuffer {
    const buffer = this.device.allocate(values.length + spare);
    const data = new Float32Array(values.length + spare).fill(sentinel);
    data.set(values);
    this.device.write(buffer, 0, data);
    return buffer;
  }

  /** A buffer for `length` results, with the elements behind them as in {@link buffer}. */
  output(length: number): DeviceBuffer {
    return this.buffer(new Float32Array(length).fill(sentinel));
  }

  /** Uploads a random matrix, or with one size a vector of F32. */
  async weight(type: TensorType, shape: readonly [number] | readonly [number, number]): Promise<BenchWeight> {
    const [rows, columns] = shape.length === 1 ? [1, shape[0]] : shape;
    const bytes = randomTensor(this.random, type, rows, columns, 1 / Math.sqrt(columns));
    expectEqual(bytes.length, rows * rowBytes(type, columns), "bytes made for the weight");
    const weight = await this.device.upload({
      name: "weight",
      type,
      shape,
      byteLength: bytes.length,
      read: async (offset, length) => {
        const inside = offset >= 0 && length >= 0 && offset + length <= bytes.length;
        expectThat(inside, `upload read ${length} bytes from ${offset} of a weight of ${bytes.length}`);
        return bytes.slice(offset, offset + length);
      },
    });
    return { weight, values: decodeTensor({ type, shape, bytes }) };
  }

  /** A vector whose values are near 1. */
  async normWeight(length: number): Promise<BenchWeight> {
    return this.#vector(this.random.floats(length, 0.3).map((value) => value + 1));
  }

  async bias(length: number): Promise<BenchWeight> {
    return this.#vector(this.random.floats(length));
  }

  /** Compares a buffer with the reference, and sees that nothing behind it was touched. */
  async expect(buffer: DeviceBuffer, reference: ArrayLike<number>, what: string, width?: number): Promise<void> {
    const actual = await this.device.read(buffer, 0, buffer.length);
    expectEqual(actual.length, buffer.length, `number of elements read from ${what}`);
    this.context.expectValues(actual.subarray(0, reference.length), reference, what, width);
    for (let index = reference.length; index < actual.length; index++) {
      expectEqual(actual[index], sentinel, `element ${index - reference.length} behind ${what}`);
    }
  }

  async #vector(floats: Float32Array<ArrayBuffer>): Promise<BenchWeight> {
    const bytes = new Uint8Array(floats.buffer);
    const weight = await this.device.upload({
      name: "vector",
      type: "F32",
      shape: [floats.length],
      byteLength: bytes.length,
      read: async (offset, length) => bytes.slice(offset, offset + length),
    });
    return { weight, values: Float64Array.from(floats) };
  }
}
