import { dequantize, rowBytes, type TensorType, tensorTypes } from "@bayling/core/backend";
import { expect } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import type { LinearEpilogue } from "../kernels/linear.ts";
import type { LinearMode } from "../plan/linear-steps.ts";
import { normalisedError } from "../tiers/normalised-error.ts";
import { runProduct } from "../tiers/run-product.ts";
import type { Tier } from "../tiers/tier.ts";
import { halvesOfBlock, memorySource, randomBlocks } from "../weights/testing/memory-source.ts";
import { uploadMatrix } from "../weights/upload.ts";

/** Random weights whose scales are of one order, as those of a model are. */
function evenBlocks(type: TensorType, rows: number, columns: number): Uint8Array<ArrayBuffer> {
  const bytes = randomBlocks(type, rows, columns);
  const { blockBytes } = tensorTypes[type];
  for (let block = 0; block < bytes.length; block += blockBytes) {
    if (type === "MXFP4") bytes[block] = 120 + (bytes[block]! & 3);
    else if (type === "F32") bytes[block + 3] = (bytes[block + 3]! & 0x80) | 0x3d;
    else if (type === "BF16") bytes[block + 1] = (bytes[block + 1]! & 0x80) | 0x3d;
    else for (const at of halvesOfBlock[type]!) bytes[block + at + 1] = (bytes[block + at + 1]! & 0x83) | 0x28;
  }
  return bytes;
}

export interface ProductCase {
  readonly type: TensorType;
  readonly rows: number;
  readonly columns: number;
  readonly tokens: number;
  readonly mode: LinearMode;
  readonly tier: Tier;
  readonly epilogue?: LinearEpilogue;
  readonly normed?: boolean;
  readonly biased?: boolean;
  /** How much larger each row of the input is than the one before. */
  readonly spread?: number;
  /** The largest mean squared error over mean square of a row. */
  readonly bound: number;
}

/** Compares a product with what it should be, in float64, row by row. */
export async function expectProduct(context: GpuContext, test: ProductCase): Promise<void> {
  const { type, rows, columns, tokens, mode, tier, epilogue = "store" } = test;
  const random = new RandomNumbers();
  const input = random.rows(tokens, columns, test.spread ?? 1);
  const norm = test.normed ? { weight: random.rows(1, columns)[0]!, epsilon: 1e-3 } : undefined;
  const bias = test.biased ? random.rows(1, rows)[0]! : undefined;
  const before = epilogue === "add" ? random.rows(tokens, rows) : undefined;
  const bytes = evenBlocks(type, rows, columns);
  const matrix = await uploadMatrix(context, { label: type, sources: [memorySource(type, rows, columns, bytes)] });
  const actual = await runProduct(context, { tier, mode, matrix, input, epilogue, norm, bias, output: before });
  for (const { buffer } of matrix.parts) context.free(buffer);
  const decoded = decodeRows(type, bytes, rows, columns);
  const errors = input.map((row, token) => {
    const sums = multiply(decoded, norm === undefined ? row : normalise(row, norm));
    return normalisedError(actual[token]!, finish(sums, epilogue, bias, before?.[token]));
  });
  expect(Math.max(...errors)).toBeLessThan(test.bound);
}

function decodeRows(type: TensorType, bytes: Uint8Array, rows: number, columns: number): Float32Array[] {
  const length = rowBytes(type, columns);
  return Array.from({ length: rows }, (_, row) =>
    dequantize(type, bytes.subarray(row * length, (row + 1) * length), columns),
  );
}

function multiply(weights: readonly Float32Array[], input: ArrayLike<number>): Float64Array {
  return Float64Array.from(weights, (row) => row.reduce((sum, weight, column) => sum + weight * input[column]!, 0));
}

function normalise(row: Float32Array, { weight, epsilon }: { weight: Float32Array; epsilon: number }): Float64Array {
  const scale = 1 / Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / row.length + epsilon);
  return Float64Array.from(row, (x, column) => x * scale * weight[column]!);
}

function finish(
  sums: Float64Array,
  epilogue: LinearEpilogue,
  bias?: Float32Array,
  before?: Float32Array,
): Float64Array {
  if (epilogue === "swiglu") {
    return Float64Array.from({ length: sums.length / 2 }, (_, pair) => {
      const gate = sums[2 * pair]!;
      return (gate / (1 + Math.exp(-gate))) * sums[2 * pair + 1]!;
    });
  }
  return sums.map((sum, row) => sum + (bias?.[row] ?? 0) + (before?.[row] ?? 0));
}

/** Numbers from −1 to 1, the same in every run (a linear congruential generator). */
class RandomNumbers {
  #state = 12345;

  /** Each row is `spread` times as large as the one before. */
  rows(count: number, length: number, spread = 1): Float32Array<ArrayBuffer>[] {
    return Array.from({ length: count }, (_, row) => Float32Array.from({ length }, () => this.#next() * spread ** row));
  }

  #next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
    return this.#state / 2 ** 31;
  }
}
