import { bufferUsage, mapMode } from "../device/constants.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import { halvedRowsBytes } from "../kernels/halve-rows.ts";
import type { LinearEpilogue } from "../kernels/linear.ts";
import { type LinearMode, linearInput, linearSteps } from "../plan/linear-steps.ts";
import { type BatchExtent, Program } from "../plan/program.ts";
import { UniformPool } from "../plan/uniform-pool.ts";
import type { GpuMatrix } from "../weights/gpu-matrix.ts";
import { unitSize } from "../weights/weight-layout.ts";
import { inputHalves, type Tier } from "./tier.ts";

export interface ProductRun {
  readonly tier: Tier;
  readonly mode: LinearMode;
  readonly matrix: GpuMatrix;
  /** [tokens, columns] */
  readonly input: readonly Float32Array[];
  readonly epilogue: LinearEpilogue;
  readonly norm?: { readonly weight: Float32Array; readonly epsilon: number } | undefined;
  /** [matrix.rows] */
  readonly bias?: Float32Array | undefined;
  /** What is in the output before, [tokens, outputs]; zeros otherwise. */
  readonly output?: readonly Float32Array[] | undefined;
}

/** Makes one product just as a plan would. Frees everything but the matrix. @returns [tokens, outputs] */
export async function runProduct(context: GpuContext, run: ProductRun): Promise<Float32Array[]> {
  const { tier, mode, matrix, input, epilogue, norm, bias } = run;
  const outputs = epilogue === "swiglu" ? matrix.rows / 2 : matrix.rows;
  const [stride, outputStride] = [padded(matrix.columns), padded(outputs)];
  const tokens = Math.ceil(input.length / 8) * 8;
  const parts = inputHalves(tier);
  const buffers: GPUBuffer[] = [];
  const keep = (buffer: GPUBuffer) => {
    buffers.push(buffer);
    return buffer;
  };
  const storage = (label: string, bytes: number) => keep(context.createStorage(label, bytes));
  const upload = (label: string, values: Float32Array) => {
    const buffer = storage(label, values.byteLength);
    context.device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    return buffer;
  };
  const uniform = keep(context.createUniform("count", 16));
  context.device.queue.writeBuffer(uniform, 0, Uint32Array.of(input.length));
  const resources = {
    ...{ tier, uniforms: new UniformPool(context), normed: storage("normed", tokens * stride * 4) },
    halves: parts === 0 ? undefined : storage("halves", halvedRowsBytes(tokens, stride, parts)),
    factors: parts === 0 ? undefined : storage("factors", tokens * 4),
  };
  try {
    const rows = { buffer: upload("input", joinRows(input, stride, tokens)), stride, width: matrix.columns };
    const count = { of: ({ rows: rowsOfBatch }: BatchExtent) => rowsOfBatch, uniform };
    const norms = norm && { buffer: upload("norm", norm.weight), epsilon: norm.epsilon };
    const prepared = linearInput(resources, mode, rows, count, norms);
    const output = upload("output", joinRows(run.output ?? [], outputStride, tokens));
    const steps = linearSteps(resources, mode, {
      ...{ matrix, input: prepared.input, epilogue, bias: bias && upload("bias", bias) },
      output: { buffer: output, stride: outputStride },
    });
    const program = await Program.build(context, [...prepared.steps, ...steps]);
    const { copyDestination, mapRead } = bufferUsage;
    const staging = keep(context.createBuffer({ size: output.size, usage: copyDestination | mapRead }));
    const encoder = context.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    program.record(pass, { rows: input.length, outputs: 0, splits: 0, tiles: 0 });
    pass.end();
    encoder.copyBufferToBuffer(output, 0, staging, 0, output.size);
    context.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(mapMode.read);
    const numbers = new Float32Array(staging.getMappedRange().slice());
    return input.map((_, token) => numbers.slice(token * outputStride, token * outputStride + outputs));
  } finally {
    resources.uniforms.dispose();
    for (const buffer of buffers) context.free(buffer);
  }
}

function padded(width: number): number {
  return Math.ceil(width / unitSize) * unitSize;
}

function joinRows(rows: readonly Float32Array[], stride: number, count: number): Float32Array<ArrayBuffer> {
  const joined = new Float32Array(count * stride);
  for (const [index, row] of rows.entries()) joined.set(row, index * stride);
  return joined;
}
