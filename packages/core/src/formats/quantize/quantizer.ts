/**
 * Encodes `length` elements (a multiple of the type's block size) of `values` from `valueOffset` into `output` from
 * `byteOffset`. The values must be finite and within what the type can hold: nothing is checked.
 */
export type Quantizer = (
  values: Float32Array,
  valueOffset: number,
  length: number,
  output: Uint8Array,
  byteOffset: number,
) => void;
