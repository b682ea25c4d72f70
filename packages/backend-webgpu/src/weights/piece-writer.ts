import { BayLingError, rowBytes } from "@bayling/core/backend";
import { type PlannedPart, rowStep } from "./matrix-plan.ts";
import { releaseArray } from "./release-array.ts";
import { unitSize, type WeightLayout } from "./weight-layout.ts";

/** What a piece takes at most in the file or on the GPU, unless {@link rowStep} rows take more. */
const pieceBytes = 2 * 2 ** 20;
const longestPieceBytes = 8 * 2 ** 20;

/** WebGPU keeps what is written until the GPU has it; this much may pile up. */
const maxUnfinishedBytes = 16 * 2 ** 20;

/** Repacks pieces of a matrix, always in the same arrays, and writes them. */
export class PieceWriter {
  /** How many rows a piece has. */
  readonly rows: number;
  readonly #device: GPUDevice;
  readonly #layout: WeightLayout;
  readonly #columns: number;
  readonly #unitsPerRow: number;
  readonly #targets: readonly Uint8Array<ArrayBuffer>[];
  #unfinishedBytes = 0;

  /** @throws BayLingError `capability-missing` for rows that are too long */
  constructor(device: GPUDevice, layout: WeightLayout, label: string, rows: number, columns: number) {
    this.#device = device;
    this.#layout = layout;
    this.#columns = columns;
    this.#unitsPerRow = Math.ceil(columns / unitSize);
    const step = Math.min(rows, rowStep);
    const stepBytes = Math.max(step * rowBytes(layout.type, columns), sumOf(this.#streamBytes(step)));
    if (stepBytes > longestPieceBytes) {
      throw new BayLingError("capability-missing", {
        source: label,
        problem: `${step} rows of ${columns} columns of ${layout.type} are too long to be uploaded`,
        expected: `at most ${longestPieceBytes} bytes`,
        received: `${stepBytes}`,
      });
    }
    this.rows = Math.max(1, Math.floor(pieceBytes / stepBytes)) * rowStep;
    this.#targets = this.#streamBytes(Math.min(rows, this.rows)).map((bytes) => new Uint8Array(bytes));
  }

  /** @param row where the piece begins in the part, a multiple of {@link rowStep} */
  async write(
    bytes: Uint8Array<ArrayBuffer>,
    buffer: GPUBuffer,
    part: PlannedPart,
    row: number,
    count: number,
  ): Promise<void> {
    const targets = this.#streamBytes(count).map((length, index) => this.#targets[index]!.subarray(0, length));
    this.#layout.repack(bytes, count, this.#columns, targets);
    releaseArray(bytes);
    for (const [index, offset] of this.#streamBytes(row).entries()) {
      this.#device.queue.writeBuffer(buffer, part.ranges[index]!.offset + offset, targets[index]!);
    }
    this.#unfinishedBytes += sumOf(this.#streamBytes(count));
    if (this.#unfinishedBytes < maxUnfinishedBytes) return;
    await this.#device.queue.onSubmittedWorkDone();
    this.#unfinishedBytes = 0;
  }

  /** What was written is copied by then; the arrays are not left to the garbage collector. */
  dispose(): void {
    for (const target of this.#targets) releaseArray(target);
  }

  /** What rows take in each stream. */
  #streamBytes(rows: number): number[] {
    return this.#layout.streams.map((stream) => stream.bytes(rows * this.#unitsPerRow));
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
