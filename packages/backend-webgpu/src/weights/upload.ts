import { BayLingError, rowBytes, type TensorType } from "@bayling/core/backend";
import { allocateOrThrow } from "../device/allocate.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { GpuMatrix, MatrixPart } from "./gpu-matrix.ts";
import { type BufferLimits, type PlannedPart, planMatrix, rowStep, totalBytes } from "./matrix-plan.ts";
import { PieceWriter } from "./piece-writer.ts";
import { releaseArray } from "./release-array.ts";
import { unitSize } from "./weight-layout.ts";
import { weightLayouts } from "./weight-layouts.ts";

/** A matrix in a file, [rows, columns], in GGUF's layout of its type. */
export interface MatrixSource {
  readonly name: string;
  readonly type: TensorType;
  readonly rows: number;
  readonly columns: number;
  readonly byteLength: number;
  /** A range of its bytes. Gives the array away: it is emptied once it has been used. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

export interface MatrixUpload {
  /** Names the buffers, and the matrix in errors. */
  readonly label: string;
  /** At least one; all of the same type and columns. */
  readonly sources: readonly MatrixSource[];
  /**
   * `stacked`, the default: one source after the other. `interleaved`: row r of the result is row ⌊r / n⌋ of source
   * r % n of n; needs sources of equal rows, and n that divides 8, so that rows of one group stay in one part.
   */
  readonly order?: "stacked" | "interleaved" | undefined;
  /** At most the device's limit, which is the default. */
  readonly maxBindingBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings a matrix onto the GPU, piece by piece, so that it takes a few megabytes here, however large it is.
 * @throws BayLingError `out-of-memory`; `capability-missing` for rows that are too long; errors of `read`; the signal's
 * reason. Nothing stays on the GPU then.
 */
export async function uploadMatrix(context: GpuContext, upload: MatrixUpload): Promise<GpuMatrix> {
  const { label, sources, order = "stacked", maxBindingBytes = Number.POSITIVE_INFINITY, signal } = upload;
  const { type, columns } = checkSources(label, sources, order);
  const layout = weightLayouts[type];
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  const { maxStorageBufferBindingSize, maxBufferSize } = context.device.limits;
  const plan = planMatrix(label, layout, rows, columns, {
    maxBindingBytes: Math.min(maxBindingBytes, maxStorageBufferBindingSize),
    maxBufferBytes: maxBufferSize,
  });
  const pieces = new PieceWriter(context.device, layout, label, rows, columns);
  signal?.throwIfAborted();
  const buffers = await allocateOrThrow(context, label, () =>
    plan.map(({ byteLength }) => context.createStorage(label, byteLength)),
  );
  try {
    for (const [index, part] of plan.entries()) {
      for (let row = 0; row < part.rows; row += pieces.rows) {
        const count = Math.min(pieces.rows, part.rows - row);
        signal?.throwIfAborted();
        const bytes = await readRows(sources, order, part.firstRow + row, count);
        signal?.throwIfAborted();
        await pieces.write(bytes, buffers[index]!, part, row, count);
      }
    }
    await context.device.queue.onSubmittedWorkDone();
    signal?.throwIfAborted();
  } catch (error) {
    for (const buffer of buffers) context.free(buffer);
    throw error;
  } finally {
    pieces.dispose();
  }
  return {
    layout,
    rows,
    columns,
    unitsPerRow: Math.ceil(columns / unitSize),
    parts: plan.map((part, index) => bindPart(part, buffers[index]!)),
    byteLength: totalBytes(plan),
  };
}

const noLimits: BufferLimits = {
  maxBindingBytes: Number.POSITIVE_INFINITY,
  maxBufferBytes: Number.POSITIVE_INFINITY,
};

/** Bytes of a matrix on the GPU. Without `limits` for one part; every further one takes less than 1 kB more. */
export function matrixBytes(type: TensorType, rows: number, columns: number, limits: BufferLimits = noLimits): number {
  return totalBytes(planMatrix(type, weightLayouts[type], rows, columns, limits));
}

/** A storage buffer with these numbers. @throws BayLingError `out-of-memory` */
export async function uploadVector(context: GpuContext, label: string, values: Float32Array): Promise<GPUBuffer> {
  const [buffer] = await allocateOrThrow(context, label, () => [context.createStorage(label, values.byteLength)]);
  context.device.queue.writeBuffer(buffer!, 0, values as Float32Array<ArrayBuffer>);
  return buffer!;
}

function checkSources(label: string, sources: readonly MatrixSource[], order: string): MatrixSource {
  const first = sources[0]!;
  const alike = sources.every(
    ({ type, columns, rows }) =>
      type === first.type && columns === first.columns && (order === "stacked" || rows === first.rows),
  );
  if (alike && (order === "stacked" || rowStep % sources.length === 0)) return first;
  const found = sources.map(({ name, type, rows, columns }) => `${name} ${type} [${rows}, ${columns}]`);
  throw new BayLingError("argument-invalid", {
    source: label,
    problem: `these matrices cannot be ${order}`,
    received: found.join(", "),
  });
}

function bindPart({ firstRow, rows, ranges }: PlannedPart, buffer: GPUBuffer): MatrixPart {
  return { firstRow, rows, buffer, bindings: ranges.map((range) => ({ buffer, ...range })) };
}

/** Rows `first` … `first + count - 1` of all sources together. */
async function readRows(
  sources: readonly MatrixSource[],
  order: "stacked" | "interleaved",
  first: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = rowBytes(sources[0]!.type, sources[0]!.columns);
  if (order === "interleaved" && sources.length > 1) {
    const perSource = count / sources.length;
    const joined = new Uint8Array(count * length);
    for (const [index, source] of sources.entries()) {
      const bytes = await source.read((first / sources.length) * length, perSource * length);
      for (let row = 0; row < perSource; row++) {
        joined.set(bytes.subarray(row * length, (row + 1) * length), (row * sources.length + index) * length);
      }
      releaseArray(bytes);
    }
    return joined;
  }
  const runs: Uint8Array<ArrayBuffer>[] = [];
  let sourceFirst = 0;
  for (const source of sources) {
    const from = Math.max(first, sourceFirst);
    const to = Math.min(first + count, sourceFirst + source.rows);
    if (from < to) runs.push(await source.read((from - sourceFirst) * length, (to - from) * length));
    sourceFirst += source.rows;
  }
  return runs.length === 1 ? runs[0]! : concatenate(runs, count * length);
}

function concatenate(runs: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const run of runs) {
    joined.set(run, offset);
    offset += run.length;
    releaseArray(run);
  }
  return joined;
}
