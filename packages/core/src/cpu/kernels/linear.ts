import type { LinearArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer, CpuScratch, CpuWeight } from "../cpu-memory.ts";

/** Weight rows worked on at once: four sums share every load of the input. */
const rowsAtOnce = 4;

/**
 * output[r][o] = Σ_i weight[o][i] · input[r][i] + bias[o], summed in float64. Quantized rows are decoded four at a
 * time into scratch and meet every input row before the next four.
 */
export function linear(work: LinearArguments<CpuBuffer, CpuWeight>, scratch: CpuScratch): void {
  const { weight, rows } = work;
  const [outputs, inputs] = weight.shape as readonly [number, number];
  const output = work.output.data;
  // Widened once here instead of at each of the `outputs` uses of an element.
  const input = scratch.doubles(rows * inputs);
  const narrow = work.input.data;
  for (let i = 0; i < rows * inputs; i++) input[i] = narrow[i]!;

  const { floats } = weight;
  const decoded = floats ?? scratch.floats(rowsAtOnce * inputs);
  for (let first = 0; first < outputs; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, outputs - first);
    if (floats === undefined) weight.decode(weight.bytes, first * weight.rowBytes, count * inputs, decoded, 0);
    const start = floats === undefined ? 0 : first * inputs;
    for (let row = 0; row < rows; row++) {
      const target = row * outputs + first;
      if (count === rowsAtOnce) dotFour(decoded, start, inputs, input, row * inputs, output, target);
      else dotEach(decoded, start, inputs, input, row * inputs, output, target, count);
    }
  }
  if (work.bias !== undefined) addBias(output, work.bias.floats!, rows);
}

/**
 * Four rows of the weight times one input. Unrolled twice because V8 does not unroll; `| 0` tells it that an index
 * cannot overflow, which it would check at every step. Together a third faster than the plain loop.
 */
function dotFour(
  weight: Float32Array,
  start: number,
  length: number,
  input: Float64Array,
  inputStart: number,
  output: Float32Array,
  target: number,
): void {
  const second = (start + length) | 0;
  const third = (second + length) | 0;
  const fourth = (third + length) | 0;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const even = length & ~1;
  for (let i = 0; i < even; i = (i + 2) | 0) {
    const x = input[(inputStart + i) | 0]!;
    const y = input[(inputStart + i + 1) | 0]!;
    sum0 += weight[(start + i) | 0]! * x + weight[(start + i + 1) | 0]! * y;
    sum1 += weight[(second + i) | 0]! * x + weight[(second + i + 1) | 0]! * y;
    sum2 += weight[(third + i) | 0]! * x + weight[(third + i + 1) | 0]! * y;
    sum3 += weight[(fourth + i) | 0]! * x + weight[(fourth + i + 1) | 0]! * y;
  }
  if (even < length) {
    const x = input[inputStart + even]!;
    sum0 += weight[start + even]! * x;
    sum1 += weight[second + even]! * x;
    sum2 += weight[third + even]! * x;
    sum3 += weight[fourth + even]! * x;
  }
  output[target] = sum0;
  output[target + 1] = sum1;
  output[target + 2] = sum2;
  output[target + 3] = sum3;
}

/** The one to three rows that are left over. */
function dotEach(
  weight: Float32Array,
  start: number,
  length: number,
  input: Float64Array,
  inputStart: number,
  output: Float32Array,
  target: number,
  count: number,
): void {
  for (let o = 0; o < count; o++) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += weight[start + o * length + i]! * input[inputStart + i]!;
    output[target + o] = sum;
  }
}

function addBias(output: Float32Array, bias: Float32Array, rows: number): void {
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < bias.length; o++) output[row * bias.length + o]! += bias[o]!;
  }
}
