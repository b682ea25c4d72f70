import type { WeightLayout } from "./weight-layout.ts";

/** Consecutive rows of a matrix in one buffer. A matrix that is larger than what can be bound at once has several. */
export interface MatrixPart {
  readonly firstRow: number;
  readonly rows: number;
  readonly buffer: GPUBuffer;
  /** One for each stream of the layout, in its order. */
  readonly bindings: readonly GPUBufferBinding[];
}

/** A weight matrix, or several of one type laid together, on the GPU: [rows, columns]. */
export interface GpuMatrix {
  readonly layout: WeightLayout;
  readonly rows: number;
  readonly columns: number;
  /** ⌈columns / 32⌉ */
  readonly unitsPerRow: number;
  readonly parts: readonly MatrixPart[];
  readonly byteLength: number;
}
