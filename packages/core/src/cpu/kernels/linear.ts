import type { LinearArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer, CpuScratch, CpuWeight } from "../cpu-memory.ts";
import { dotRows } from "./dot-rows.ts";

/** Weight rows that are decoded at once and then meet every input row. */
const blockRows = 16;

/** output[r][o] = Σ_i weight[o][i] · input[r][i] + bias[o], summed in float64. Quantized rows are decoded in blocks. */
export function linear(work: LinearArguments<CpuBuffer, CpuWeight>, scratch: CpuScratch): void {
  const { weight, rows } = work;
  const [outputs, inputs] = weight.shape as readonly [number, number];
  const { floats } = weight;
  const bias = work.bias?.floats;
  const output = work.output.data;
  const input = scratch.widen(work.input.data, 0, rows * inputs);
  const decoded = floats ?? scratch.decoded(blockRows * inputs);
  for (let first = 0; first < outputs; first += blockRows) {
    const count = Math.min(blockRows, outputs - first);
    if (floats === undefined) weight.decode(weight.bytes, first * weight.rowBytes, count * inputs, decoded, 0);
    const start = floats === undefined ? 0 : first * inputs;
    for (let row = 0; row < rows; row++) {
      dotRows(decoded, start, inputs, count, input, row * inputs, inputs, output, row * outputs + first);
    }
  }
  if (bias !== undefined) addBias(output, bias, rows);
}

function addBias(output: Float32Array, bias: Float32Array, rows: number): void {
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < bias.length; o++) output[row * bias.length + o]! += bias[o]!;
  }
}
