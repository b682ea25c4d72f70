import { BayLingError } from "@bayling/core/backend";
import { unitSize, type WeightLayout } from "./weight-layout.ts";

/** Parts begin, and pieces are uploaded, at multiples of this many rows: no two of them share a word then. */
export const rowStep = 8;

/** WebGPU's largest `minStorageBufferOffsetAlignment`, so right on every device, and known before there is one. */
const offsetAlignment = 256;

export interface BufferLimits {
  /** The most that one binding of a kernel covers. */
  readonly maxBindingBytes: number;
  readonly maxBufferBytes: number;
}

export interface PlannedPart {
  readonly firstRow: number;
  readonly rows: number;
  /** One a stream: where it lies in the part's buffer, in bytes. */
  readonly ranges: readonly { readonly offset: number; readonly size: number }[];
  readonly byteLength: number;
}

/**
 * Cuts a matrix by rows into as few parts as the limits allow, about equally long; all but the last have a multiple of
 * {@link rowStep} rows.
 * @throws BayLingError `capability-missing` where {@link rowStep} rows are beyond the limits
 */
export function planMatrix(
  label: string,
  layout: WeightLayout,
  rows: number,
  columns: number,
  limits: BufferLimits,
): PlannedPart[] {
  const unitsPerRow = Math.ceil(columns / unitSize);
  const partOf = (firstRow: number, count: number) => planPart(layout, unitsPerRow, firstRow, count);
  const fits = (count: number) => {
    const { ranges, byteLength } = partOf(0, count);
    return byteLength <= limits.maxBufferBytes && ranges.every(({ size }) => size <= limits.maxBindingBytes);
  };
  if (fits(rows)) return [partOf(0, rows)];
  // `least` steps fit, `most` do not.
  let least = 0;
  let most = Math.ceil(rows / rowStep);
  while (most - least > 1) {
    const middle = (least + most) >> 1;
    if (fits(middle * rowStep)) least = middle;
    else most = middle;
  }
  if (least === 0) throw tooLong(label, layout, columns, limits);
  const count = Math.ceil(rows / (least * rowStep));
  const rowsPerPart = Math.ceil(rows / count / rowStep) * rowStep;
  const parts: PlannedPart[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += rowsPerPart) {
    parts.push(partOf(firstRow, Math.min(rowsPerPart, rows - firstRow)));
  }
  return parts;
}

/** What the buffers of a plan take. */
export function totalBytes(parts: readonly PlannedPart[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function planPart({ streams }: WeightLayout, unitsPerRow: number, firstRow: number, rows: number): PlannedPart {
  let end = 0;
  const ranges = streams.map((stream) => {
    const offset = Math.ceil(end / offsetAlignment) * offsetAlignment;
    const size = stream.bytes(rows * unitsPerRow);
    end = offset + size;
    return { offset, size };
  });
  return { firstRow, rows, ranges, byteLength: end };
}

function tooLong(label: string, { type }: WeightLayout, columns: number, limits: BufferLimits): BayLingError {
  return new BayLingError("capability-missing", {
    source: label,
    problem: `${rowStep} rows of ${columns} columns of ${type} are more than the GPU binds at once`,
    expected: `at most ${limits.maxBindingBytes} bytes a binding and ${limits.maxBufferBytes} a buffer`,
  });
}
