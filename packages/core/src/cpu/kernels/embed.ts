import type { EmbedArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer, CpuWeight } from "../cpu-memory.ts";

/** output[r] = table[ids[r]] */
export function embed({ table, ids, output }: EmbedArguments<CpuBuffer, CpuWeight>): void {
  const width = table.shape[1]!;
  for (let row = 0; row < ids.length; row++) {
    table.decode(table.bytes, ids[row]! * table.rowBytes, width, output.data, row * width);
  }
}
