import { halfTable } from "../dequantize/half.ts";
import { halfBits, largestHalf, writeHalf } from "./half-bits.ts";
import type { Quantizer } from "./quantizer.ts";

const size = 16;
const count = 16;

const scales: Float64Array = new Float64Array(count);
const codes: Int8Array = new Int8Array(count);
/** From 0 to 63: each 32 too large, as the file has them. */
const quants: Uint8Array = new Uint8Array(size * count);

/**
 * Q6_K, 256 elements in 210 bytes; the layout is that of the decoder. Each sub-block of 16 gets the scale with the
 * least squared error among several grids and the least-squares fits to them; then the scales become signed bytes, of
 * the two around the ideal one that with the less error.
 */
export const quantizeQ6_K: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  let at = byteOffset;
  for (let block = valueOffset; block < valueOffset + length; block += 256, at += 210) {
    const scaleBits = fitBlock(values, block);
    for (let byte = 0; byte < 64; byte++) {
      // Bytes 0–31 of a half of the block hold its first and third run of 32, the next 32 the second and fourth.
      const first = (byte >> 5) * 128 + (byte & 31);
      const [a, b, c, d] = [quants[first]!, quants[first + 32]!, quants[first + 64]!, quants[first + 96]!];
      const low = at + (byte >> 5) * 64 + (byte & 31);
      output[low] = (a & 15) | ((c & 15) << 4);
      output[low + 32] = (b & 15) | ((d & 15) << 4);
      output[at + 128 + byte] = (a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((d >> 4) << 6);
    }
    for (let subBlock = 0; subBlock < count; subBlock++) output[at + 192 + subBlock] = codes[subBlock]!;
    writeHalf(scaleBits, output, at + 208);
  }
};

/** Fills codes and quants. @returns the bits of the half by which the codes are multiplied */
function fitBlock(values: Float32Array, block: number): number {
  let largest = 0;
  for (let subBlock = 0; subBlock < count; subBlock++) {
    const scale = fitSubBlock(values, block + subBlock * size);
    scales[subBlock] = scale;
    if (Math.abs(scale) > Math.abs(largest)) largest = scale;
  }
  // Bytes reach one further below zero.
  const ideal = largest / -128;
  const bits = halfBits(Math.max(-largestHalf, Math.min(ideal, largestHalf)));
  const scale = halfTable()[bits]!;
  for (let subBlock = 0; subBlock < count; subBlock++) {
    const start = block + subBlock * size;
    const code = scale === 0 ? 0 : chooseCode(values, start, scale, scales[subBlock]! / scale);
    codes[subBlock] = code;
    const inverse = code === 0 ? 0 : 1 / (scale * code);
    for (let index = 0; index < size; index++) {
      quants[subBlock * size + index] = quantOf(values[start + index]! * inverse);
    }
  }
  return bits;
}

/** The nearest of −32 to 31, and 32 more. */
function quantOf(position: number): number {
  const shifted = position + 32.5;
  return shifted < 0 ? 0 : shifted > 63 ? 63 : shifted | 0;
}

/** How far the grids that are tried are from one that spans a sub-block exactly, in levels. */
const stretches: readonly number[] = [-0.9, -0.6, -0.3, 0, 0.3, 0.6, 0.9];

/** The scale of 16 elements, of either sign; 0 where all are 0. */
function fitSubBlock(values: Float32Array, start: number): number {
  let peak = 0;
  for (let index = start; index < start + size; index++) {
    const value = values[index]!;
    if (Math.abs(value) > Math.abs(peak)) peak = value;
  }
  if (peak === 0) return 0;
  let best = 0;
  let bestGain = 0;
  for (const stretch of stretches) {
    const inverse = (stretch - 32) / peak;
    let squares = 0;
    let products = 0;
    for (let index = start; index < start + size; index++) {
      const value = values[index]!;
      let quant = ((value * inverse + 32.5) | 0) - 32;
      if (quant > 31) quant = 31;
      squares = (squares + quant * quant) | 0;
      products += quant * value;
    }
    // The squared error of the best scale is Σx² − (Σqx)² / Σq².
    const gain = squares > 0 ? (products * products) / squares : 0;
    if (gain <= bestGain) continue;
    bestGain = gain;
    best = products / squares;
  }
  return best;
}

function chooseCode(values: Float32Array, start: number, scale: number, ideal: number): number {
  const below = Math.max(-128, Math.min(Math.floor(ideal), 127));
  const above = Math.max(-128, Math.min(Math.ceil(ideal), 127));
  if (below === above) return below;
  return squaredError(values, start, scale * below) <= squaredError(values, start, scale * above) ? below : above;
}

function squaredError(values: Float32Array, start: number, scale: number): number {
  const inverse = scale === 0 ? 0 : 1 / scale;
  let error = 0;
  for (let index = start; index < start + size; index++) {
    const value = values[index]!;
    const difference = scale * (quantOf(value * inverse) - 32) - value;
    error += difference * difference;
  }
  return error;
}
