import type { EmbedArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer, CpuWeight } from "../cpu-memory.ts";

/** output[r] = table[ids[r]] */
export function embed({ table, ids, output }: EmbedArguments<CpuBuffer, CpuWeight>): void {
  const width = table.shape[1]!;
  for (const [row, id] of ids.entries()) {
    if (table.floats !== undefined) output.data.set(table.floats.subarray(id * width, (id + 1) * width), row * width);
    else table.decode(table.bytes, id * table.rowBytes, width, output.data, row * width);
  }
}
