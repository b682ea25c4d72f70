import type { SwigluArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer } from "../cpu-memory.ts";

/** output = gate · sigmoid(gate) · up */
export function swiglu({ gate, up, length, output }: SwigluArguments<CpuBuffer>): void {
  for (let i = 0; i < length; i++) {
    const x = gate.data[i]!;
    output.data[i] = (x / (1 + Math.exp(-x))) * up.data[i]!;
  }
}
