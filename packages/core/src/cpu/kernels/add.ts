import type { AddArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer } from "../cpu-memory.ts";

/** output = left + right */
export function add({ left, right, length, output }: AddArguments<CpuBuffer>): void {
  for (let i = 0; i < length; i++) output.data[i] = left.data[i]! + right.data[i]!;
}
