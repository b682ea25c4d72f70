import type { RmsNormArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer, CpuWeight } from "../cpu-memory.ts";

/** output = input / sqrt(mean(input²) + epsilon) · weight, group by group, with the sum in float64. */
export function rmsNorm(work: RmsNormArguments<CpuBuffer, CpuWeight>): void {
  const { groupSize, epsilon } = work;
  const input = work.input.data;
  const output = work.output.data;
  const weight = work.weight.floats!;
  const end = work.rows * work.width;
  for (let start = 0; start < end; start += groupSize) {
    let squares = 0;
    for (let i = 0; i < groupSize; i++) squares += input[start + i]! * input[start + i]!;
    const scale = 1 / Math.sqrt(squares / groupSize + epsilon);
    for (let i = 0; i < groupSize; i++) output[start + i] = input[start + i]! * scale * weight[i]!;
  }
}
