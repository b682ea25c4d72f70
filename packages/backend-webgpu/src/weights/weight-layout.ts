import type { TensorType } from "@bayling/core/backend";

/** A unit is this many consecutive elements of a row; a row that ends within one is filled up with zeros. */
export const unitSize = 32;

/** One aligned stream of a repacked matrix, bound on its own. Streams of one matrix part share a buffer. */
export interface WeightStream {
  /** The name of its variable in WGSL, the same in every kernel that reads weights; begins with `weight`. */
  readonly name: string;
  readonly type: "array<vec4<u32>>" | "array<vec2<u32>>" | "array<u32>";
  /**
   * How many bytes `units` units take, a multiple of 4. Proportional to `units` where these are a multiple of 8, the
   * most units that share a word or a record.
   */
  bytes(units: number): number;
}

/**
 * How a tensor type lies on the GPU. GGUF's blocks have sizes such as 18 or 210 bytes, which no shader reads well, so
 * they are taken apart at upload into streams of aligned words: quantized values, scales, and bits that did not fit.
 * No information is lost: an element of a unit is `scale · value + offset`, with a small integer as value for quantized
 * types and nothing but the value for the others.
 *
 * A kernel declares the streams as bindings, inserts `code`, and calls `loadUnit(index)`, where
 * index = row · units a row + unit, counted from the first row of the matrix part that is bound. Everything else are
 * expressions of a loaded unit, written by TypeScript, so that all shifts are constants.
 */
export interface WeightLayout {
  readonly type: TensorType;
  readonly streams: readonly WeightStream[];
  /** WGSL: `struct Unit`, `fn loadUnit(index: u32) -> Unit`, and what they need under names that begin with `weight`. */
  readonly code: string;
  /** An expression for the values 4 · part … 4 · part + 3 of a unit, as `vec4<f32>`; part 0 … 7. */
  values(unit: string, part: number): string;
  /** An `f32` expression for the scale of elements 16 · half … 16 · half + 15; absent where it is 1. */
  readonly scale?: ((unit: string, half: 0 | 1) => string) | undefined;
  /** An `f32` expression for what is added after scaling; absent where it is 0. */
  readonly offset?: ((unit: string, half: 0 | 1) => string) | undefined;
  /** Whether scale and offset of the two halves of a unit differ. */
  readonly halves: boolean;
  /** An expression for the same four values as signed bytes in a `u32`, lowest first; absent for F32, F16 and BF16. */
  readonly packed?: ((unit: string, part: number) => string) | undefined;
  /**
   * Takes whole rows apart. Targets are written whole: what is left over in a shared word becomes zero.
   * @param source rows in GGUF's layout, [rows, columns]; any alignment
   * @param targets one array a stream, `bytes(rows · units a row)` long, that begins at a multiple of 4 of its buffer
   */
  repack(source: Uint8Array, rows: number, columns: number, targets: readonly Uint8Array[]): void;
}
