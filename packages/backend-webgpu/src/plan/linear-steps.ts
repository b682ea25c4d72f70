import { halveRows } from "../kernels/halve-rows.ts";
import {
  isAligned,
  type LinearEpilogue,
  type LinearSize,
  type LinearVariant,
  linearSizeData,
} from "../kernels/linear.ts";
import { linearMatrix, linearMatrixWorkgroups } from "../kernels/linear-matrix.ts";
import { linearTile, linearTileWorkgroups } from "../kernels/linear-tile.ts";
import {
  type LinearVectorVariant,
  linearVector,
  linearVectorLanes,
  linearVectorWorkgroups,
} from "../kernels/linear-vector.ts";
import { rmsNorm } from "../kernels/rms-norm.ts";
import { inputHalves, type Tier } from "../tiers/tier.ts";
import type { GpuMatrix } from "../weights/gpu-matrix.ts";
import type { BatchExtent, Step } from "./program.ts";
import type { UniformPool } from "./uniform-pool.ts";

/**
 * How products with weights are made: for a few rows at once, with norms as part of them, or by tiles for many.
 * `tokens` is how many rows share one reading of the weights.
 */
export type LinearMode = { readonly tokens: 1 | 2 | 4 | 8 } | "tiled";

/** A buffer of rows. */
export interface Rows {
  readonly buffer: GPUBuffer;
  /** Elements from one row to the next. */
  readonly stride: number;
  /** Elements of a row. */
  readonly width: number;
}

export interface NormWeights {
  readonly buffer: GPUBuffer;
  readonly epsilon: number;
}

/** How many rows a step works on: in a batch that is being recorded, and for kernels, in a uniform. */
export interface RowCount {
  of(batch: BatchExtent): number;
  readonly uniform: GPUBuffer;
}

/** What products need besides their own buffers. */
export interface LinearResources {
  readonly tier: Tier;
  readonly uniforms: UniformPool;
  /** For rows whose norm has been applied. */
  readonly normed: GPUBuffer;
  /** For rows of halves, where the tier has products that read them. */
  readonly halves: GPUBuffer | undefined;
  readonly factors: GPUBuffer | undefined;
}

/** The input of products, ready for all of those of one mode. */
export interface LinearInput {
  readonly rows: Rows;
  readonly count: RowCount;
  /** Still to be applied. */
  readonly norm?: NormWeights | undefined;
  /** Lies in the resources' rows of halves. */
  readonly halved: boolean;
}

/** Makes rows, with or without a norm, ready to be multiplied. */
export function linearInput(
  resources: LinearResources,
  mode: LinearMode,
  rows: Rows,
  count: RowCount,
  norm?: NormWeights,
): { readonly steps: Step[]; readonly input: LinearInput } {
  if (mode !== "tiled") return { steps: [], input: { rows, count, norm, halved: false } };
  const parts = inputHalves(resources.tier);
  if (parts !== 0) {
    const size: LinearSize = { rows: 0, firstRow: 0, columns: rows.width, inputStride: rows.stride, outputStride: 0 };
    const kernel = halveRows({ aligned: isAligned(size), parts, normEpsilon: norm?.epsilon });
    const norms = norm === undefined ? [] : [norm.buffer];
    const outputs = [resources.halves!, resources.factors!];
    const buffers = [rows.buffer, ...norms, ...outputs, resources.uniforms.get(linearSizeData(size))];
    const step: Step = { kernel, buffers, workgroups: [(batch) => count.of(batch), 1, 1] };
    return { steps: [step], input: { rows, count, halved: true } };
  }
  if (norm === undefined) return { steps: [], input: { rows, count, halved: false } };
  const normed: Rows = { ...rows, buffer: resources.normed };
  return { steps: [normStep(rows, norm, normed, count)], input: { rows: normed, count, halved: false } };
}

export interface Product {
  readonly matrix: GpuMatrix;
  readonly input: LinearInput;
  readonly bias?: GPUBuffer | undefined;
  readonly output: Pick<Rows, "buffer" | "stride">;
  /** Where the outputs of the matrix begin in a row. */
  readonly firstOutput?: number | undefined;
  readonly epilogue: LinearEpilogue;
}

/** One step for every part of the matrix. */
export function linearSteps(resources: LinearResources, mode: LinearMode, product: Product): Step[] {
  const { matrix, input, bias, output, firstOutput = 0, epilogue } = product;
  const inputs = input.halved ? [resources.halves!, resources.factors!] : [input.rows.buffer];
  const norms = input.norm === undefined ? [] : [input.norm.buffer];
  const biases = bias === undefined ? [] : [bias];
  return matrix.parts.map((part) => {
    const size: LinearSize = {
      ...{ rows: part.rows, firstRow: firstOutput + part.firstRow, columns: matrix.columns },
      ...{ inputStride: input.rows.stride, outputStride: output.stride },
    };
    const variant: LinearVariant = {
      ...{ layout: matrix.layout, aligned: isAligned(size), epilogue, bias: bias !== undefined },
    };
    const { uniforms, ...step } =
      mode === "tiled"
        ? tiledProduct(resources, size, variant, input)
        : vectorProduct(resources, size, { ...variant, ...mode, ...vectorTraits(resources.tier, input) }, input);
    return {
      ...step,
      buffers: [...inputs, ...norms, ...part.bindings, ...biases, output.buffer, ...uniforms],
      weightBytes: part.bindings.reduce((sum, binding) => sum + (binding.size ?? 0), 0),
    };
  });
}

/** A kernel, how much of it runs, and what it binds behind its output. */
interface ProductStep extends Pick<Step, "kernel" | "workgroups"> {
  readonly uniforms: readonly (GPUBuffer | GPUBufferBinding)[];
}

function vectorTraits({ subgroups, integers }: Tier, { norm }: LinearInput) {
  return { subgroups, integers, normEpsilon: norm?.epsilon };
}

function vectorProduct(
  { uniforms }: LinearResources,
  size: LinearSize,
  variant: LinearVectorVariant,
  { count }: LinearInput,
): ProductStep {
  const [x, , z] = linearVectorWorkgroups(size, variant, 1);
  return {
    kernel: linearVector(variant),
    workgroups: [x, (batch) => Math.ceil(count.of(batch) / variant.tokens), z],
    uniforms: [uniforms.get(linearSizeData(size, linearVectorLanes(size, variant)))],
  };
}

function tiledProduct(
  { uniforms, tier }: LinearResources,
  size: LinearSize,
  variant: LinearVariant,
  { count }: LinearInput,
): ProductStep {
  const { matrix: unit, halfTiles: halves } = tier;
  const workgroupsOf = unit === undefined ? linearTileWorkgroups : linearMatrixWorkgroups;
  return {
    kernel: unit === undefined ? linearTile({ ...variant, halves }) : linearMatrix({ ...variant, unit }),
    workgroups: [workgroupsOf(size, 1)[0], (batch) => workgroupsOf(size, count.of(batch))[1], 1],
    uniforms: [uniforms.get(linearSizeData(size)), count.uniform],
  };
}

export function normStep(input: Rows, { buffer, epsilon }: NormWeights, output: Rows, count: RowCount): Step {
  const shape = {
    ...{ groupSize: input.width, epsilon, inPlace: false },
    ...{ inputStride: input.stride, outputStride: output.stride },
  };
  return {
    kernel: rmsNorm(shape),
    buffers: [input.buffer, buffer, output.buffer],
    workgroups: [1, (batch) => count.of(batch), 1],
  };
}
