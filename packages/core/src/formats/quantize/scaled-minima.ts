import { halfTable } from "../dequantize/half.ts";
import { halfBits, largestHalf } from "./half-bits.ts";

/** Elements of a block, of a sub-block, and sub-blocks. */
const blockSize = 256;
const size = 32;
const count = blockSize / size;

/** Scales and minima of sub-blocks are whole numbers up to this. */
const largestCode = 63;

/** A block of Q4_K or Q5_K before it is packed: element = scale · scaleCode · quant − minimumScale · minimumCode. */
export interface ScaledMinima {
  /** Bits of the half by which the scales of the sub-blocks are multiplied. */
  scaleBits: number;
  /** Bits of the half by which their minima are multiplied. */
  minimumBits: number;
  readonly scaleCodes: Uint8Array;
  readonly minimumCodes: Uint8Array;
  /** 256 whole numbers from 0 to the number of levels. */
  readonly quants: Uint8Array;
}

const result: ScaledMinima = {
  scaleBits: 0,
  minimumBits: 0,
  scaleCodes: new Uint8Array(count),
  minimumCodes: new Uint8Array(count),
  quants: new Uint8Array(blockSize),
};

const scales: Float64Array = new Float64Array(count);
const minima: Float64Array = new Float64Array(count);

/**
 * Chooses scales, minima and quants for 256 elements so that the squared error is small. The result is one object that
 * the next call overwrites.
 *
 * Each sub-block is fitted by itself: several grids are laid over it, each from the elements that they quantize to is
 * fitted by least squares, and the best is fitted again to its own quants, as k-means does. Then scales and minima
 * become whole numbers: of those around the ideal ones, the pair with the least error on the elements themselves.
 * @param levels the largest quant: 15 or 31
 */
export function fitScaledMinima(values: Float32Array, valueOffset: number, levels: number): ScaledMinima {
  let largestScale = 0;
  let largestMinimum = 0;
  for (let subBlock = 0; subBlock < count; subBlock++) {
    fitSubBlock(values, valueOffset + subBlock * size, levels, subBlock);
    largestScale = Math.max(largestScale, scales[subBlock]!);
    largestMinimum = Math.max(largestMinimum, minima[subBlock]!);
  }
  const half = halfTable();
  result.scaleBits = halfBits(Math.min(largestScale / largestCode, largestHalf));
  result.minimumBits = halfBits(Math.min(largestMinimum / largestCode, largestHalf));
  const scale = half[result.scaleBits]!;
  const minimumScale = half[result.minimumBits]!;
  for (let subBlock = 0; subBlock < count; subBlock++) {
    chooseCodes(values, valueOffset + subBlock * size, levels, subBlock, scale, minimumScale);
    writeQuants(values, valueOffset + subBlock * size, levels, subBlock, scale, minimumScale);
  }
  return result;
}

/** How far the grids that are tried are from one that spans a sub-block exactly, in levels. */
const stretches: readonly number[] = [-1.1, -0.7, -0.3, 0.1, 0.5];

/** What {@link fitGrid} found. */
let fittedScale = 0;
let fittedMinimum = 0;
/** By how much the squared error is less than the sum of squares. */
let fittedGain = 0;

/** Scale and minimum (of which the elements are that much lower, so never negative) of one sub-block. */
function fitSubBlock(values: Float32Array, start: number, levels: number, subBlock: number): void {
  let lowest = 0;
  let highest = values[start]!;
  let sum = 0;
  for (let index = start; index < start + size; index++) {
    const value = values[index]!;
    sum += value;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  // All elements alike and not positive: the minimum alone gives them.
  scales[subBlock] = 0;
  minima[subBlock] = -lowest;
  if (highest === lowest) return;
  let bestGain = Number.NEGATIVE_INFINITY;
  for (const stretch of stretches) {
    fitGrid(values, start, levels, -lowest, (highest - lowest) / (levels + stretch), sum);
    if (fittedGain <= bestGain) continue;
    bestGain = fittedGain;
    scales[subBlock] = fittedScale;
    minima[subBlock] = fittedMinimum;
  }
  for (let round = 0; round < 2 && scales[subBlock]! > 0; round++) {
    fitGrid(values, start, levels, minima[subBlock]!, scales[subBlock]!, sum);
    if (!(fittedGain > bestGain)) break;
    bestGain = fittedGain;
    scales[subBlock] = fittedScale;
    minima[subBlock] = fittedMinimum;
  }
}

/**
 * Quantizes a sub-block with a scale and a minimum, and finds those that fit its quants best: the squared error
 * Σ (s·q − m − x)² is quadratic in s and m, and all that it needs are sums over q, q² and q·x.
 */
function fitGrid(
  values: Float32Array,
  start: number,
  levels: number,
  minimum: number,
  scale: number,
  sum: number,
): void {
  const inverse = 1 / scale;
  const shift = minimum * inverse + 0.5;
  let quantSum = 0;
  let quantSquares = 0;
  let products = 0;
  for (let index = start; index < start + size; index++) {
    const value = values[index]!;
    // A position beyond 32 bits comes out wrong, and with it a worse fit: whoever writes quants clamps before.
    let quant = (value * inverse + shift) | 0;
    if (quant < 0) quant = 0;
    else if (quant > levels) quant = levels;
    quantSum = (quantSum + quant) | 0;
    quantSquares = (quantSquares + quant * quant) | 0;
    products += quant * value;
  }
  const determinant = size * quantSquares - quantSum * quantSum;
  if (determinant > 0) {
    fittedScale = (size * products - sum * quantSum) / determinant;
    fittedMinimum = (quantSum * products - quantSquares * sum) / determinant;
    if (fittedMinimum >= 0 && fittedScale >= 0) {
      fittedGain = fittedScale * products - fittedMinimum * sum;
      return;
    }
  }
  // GGUF has no minimum below zero.
  fittedMinimum = 0;
  fittedScale = quantSquares > 0 ? Math.max(0, products / quantSquares) : 0;
  fittedGain = fittedScale * products;
}

/** The whole numbers for scale and minimum of a sub-block. */
function chooseCodes(
  values: Float32Array,
  start: number,
  levels: number,
  subBlock: number,
  scale: number,
  minimumScale: number,
): void {
  const idealScale = scale > 0 ? scales[subBlock]! / scale : 0;
  const idealMinimum = minimumScale > 0 ? minima[subBlock]! / minimumScale : 0;
  let least = Number.POSITIVE_INFINITY;
  for (let scaleCode = lower(idealScale); scaleCode <= upper(idealScale); scaleCode++) {
    for (let minimumCode = lower(idealMinimum); minimumCode <= upper(idealMinimum); minimumCode++) {
      const error = squaredError(values, start, levels, scale * scaleCode, minimumScale * minimumCode);
      if (error >= least) continue;
      least = error;
      result.scaleCodes[subBlock] = scaleCode;
      result.minimumCodes[subBlock] = minimumCode;
    }
  }
}

function lower(ideal: number): number {
  return Math.min(Math.floor(ideal), largestCode);
}

function upper(ideal: number): number {
  return Math.min(Math.ceil(ideal), largestCode);
}

function squaredError(values: Float32Array, start: number, levels: number, scale: number, minimum: number): number {
  const inverse = scale > 0 ? 1 / scale : 0;
  const shift = minimum * inverse + 0.5;
  let error = 0;
  for (let index = start; index < start + size; index++) {
    const value = values[index]!;
    const position = value * inverse + shift;
    const quant = position < 0 ? 0 : position > levels ? levels : position | 0;
    const difference = scale * quant - minimum - value;
    error += difference * difference;
  }
  return error;
}

function writeQuants(
  values: Float32Array,
  start: number,
  levels: number,
  subBlock: number,
  blockScale: number,
  minimumScale: number,
): void {
  const scale = blockScale * result.scaleCodes[subBlock]!;
  const minimum = minimumScale * result.minimumCodes[subBlock]!;
  const inverse = scale > 0 ? 1 / scale : 0;
  const shift = minimum * inverse + 0.5;
  for (let index = 0; index < size; index++) {
    const position = values[start + index]! * inverse + shift;
    result.quants[subBlock * size + index] = position < 0 ? 0 : position > levels ? levels : position | 0;
  }
}
