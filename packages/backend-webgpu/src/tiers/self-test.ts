import { dequantize, rowBytes } from "@bayling/core/backend";
import type { GpuContext } from "../device/gpu-context.ts";
import type { GpuMatrix } from "../weights/gpu-matrix.ts";
import { uploadMatrix } from "../weights/upload.ts";
import { normalisedError } from "./normalised-error.ts";
import { type ProductRun, runProduct } from "./run-product.ts";
import { namesOf, type Tier, withOnly } from "./tier.ts";
import type { TierName, TierReport } from "./tier-report.ts";

const rows = 72;
const columns = 1024;
const epsilon = 1e-5;

/** The largest mean squared error over mean square, of what rounds the input to halves and of what does not. */
const bounds = { rounded: 1e-5, exact: 1e-8 };

/**
 * Multiplies a matrix in every way of a tier, and compares with the product in float64.
 * @returns what went wrong with those that are not to be used
 */
export async function testTier(context: GpuContext, tier: Tier): Promise<TierReport["leftOut"]> {
  const leftOut: { name: TierName; reason: string }[] = [];
  const names = namesOf(tier);
  if (names.length === 0) return leftOut;
  const weights = testWeights();
  const length = rowBytes("Q8_0", columns);
  const read = (offset: number, count: number) => Promise.resolve(weights.slice(offset, offset + count));
  const source = { name: "self-test", type: "Q8_0", rows, columns, byteLength: rows * length, read } as const;
  const matrix = await uploadMatrix(context, { label: "self-test", sources: [source] });
  try {
    const decoded = Array.from({ length: rows }, (_, row) =>
      dequantize("Q8_0", weights.subarray(row * length, (row + 1) * length), columns),
    );
    for (const name of names) {
      const reason = await testPart(context, matrix, decoded, name, withOnly(tier, [name]));
      if (reason !== undefined) leftOut.push({ name, reason });
    }
  } finally {
    for (const { buffer } of matrix.parts) context.free(buffer);
  }
  return leftOut;
}

async function testPart(
  context: GpuContext,
  matrix: GpuMatrix,
  decoded: readonly Float32Array[],
  name: TierName,
  tier: Tier,
): Promise<string | undefined> {
  const fewRows = name === "subgroups" || name === "int8";
  const input = waves(fewRows ? 1 : 20, columns, 0.37);
  const weight = waves(1, columns, 1.91)[0]!;
  try {
    const actual = await runChecked(context, {
      ...{ tier, mode: fewRows ? { tokens: 1 } : "tiled", matrix, input, epilogue: "store" },
      norm: { weight, epsilon },
    });
    const error = Math.max(
      ...input.map((row, token) => normalisedError(actual[token]!, product(decoded, row, weight))),
    );
    const rounded = name === "f16" || (name === "subgroup-matrix" && tier.matrix?.component === "f16");
    const bound = rounded && !tier.matrix?.split ? bounds.rounded : bounds.exact;
    // Written so that an error that is no number is too large.
    return error <= bound ? undefined : `its products are wrong: NMSE ${error.toExponential(1)}, at most ${bound}`;
  } catch (error) {
    if (context.gpu.isLost || (await context.gpu.wasLost())) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/** {@link runProduct}, throwing what would otherwise be found by whoever asks the GPU next. */
async function runChecked(context: GpuContext, run: ProductRun): Promise<Float32Array[]> {
  context.device.pushErrorScope("validation");
  const products = runProduct(context, run);
  await products.catch(() => {});
  const failure = await context.device.popErrorScope();
  if (failure !== null) throw new Error(failure.message);
  return products;
}

function product(decoded: readonly Float32Array[], row: Float32Array, weight: Float32Array): Float64Array {
  const scale = 1 / Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / columns + epsilon);
  const normed = Float64Array.from(row, (x, column) => x * scale * weight[column]!);
  return Float64Array.from(decoded, (weights) => weights.reduce((sum, w, column) => sum + w * normed[column]!, 0));
}

/** Numbers of all sizes that repeat nowhere. */
function waves(count: number, length: number, speed: number): Float32Array[] {
  return Array.from({ length: count }, (_, row) =>
    Float32Array.from({ length }, (_, index) => 2 ** (row % 5) * Math.sin(speed * index * (row + 1) + index * index)),
  );
}

/** Rows of Q8_0: a scale in f16, from 2⁻⁶ to 2⁻³, and 32 signed bytes a block. */
function testWeights(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(rows * rowBytes("Q8_0", columns));
  for (let at = 0; at < bytes.length; at++) bytes[at] = 128 * Math.sin(0.73 * at + at * at) + 128;
  for (let block = 0; block < bytes.length; block += 34) bytes[block + 1] = 0x24 + (bytes[block + 1]! % 13);
  return bytes;
}
