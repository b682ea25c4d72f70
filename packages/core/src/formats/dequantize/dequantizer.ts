/**
 * Decodes `length` elements (a multiple of the type's block size) that start at `byteOffset` of `bytes` into `output`
 * from `outputOffset`. Nothing is allocated, and no alignment is asked for.
 *
 * Values are those of ggml's `dequantize_row_*`. Products are formed in float64 and stored as float32; every product
 * of a scale and a quant has at most 24 significant bits, so one rounding happens where ggml has one, too.
 */
export type Dequantizer = (
  bytes: Uint8Array,
  byteOffset: number,
  length: number,
  output: Float32Array,
  outputOffset: number,
) => void;
