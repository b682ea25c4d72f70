import type { DeviceCase } from "../device-context.ts";
import * as reference from "../reference/reference-operations.ts";

function swigluCase(
  name: string,
  lengths: readonly number[],
  place: "apart" | "gate" | "up",
  deviation = 2,
): DeviceCase {
  return {
    name: `swiglu/${name}`,
    async run(context) {
      const bench = await context.bench();
      for (const length of lengths) {
        const [gate, up] = [bench.values(length, deviation), bench.values(length)];
        const buffers = { gate: bench.buffer(gate), up: bench.buffer(up) };
        const output = place === "apart" ? bench.output(length) : buffers[place];
        bench.device.swiglu({ ...buffers, length, output });
        await bench.expect(output, reference.swiglu(gate, up), `${length} elements`);
        if (place !== "gate") await bench.expect(buffers.gate, gate, "the gate, which must stay as it is");
        if (place !== "up") await bench.expect(buffers.up, up, "the up values, which must stay as they are");
      }
    },
  };
}

export const swigluCases: readonly DeviceCase[] = [
  swigluCase("apart from its inputs", [1, 3, 64, 257, 4100], "apart"),
  swigluCase("in place of the gate", [65], "gate"),
  swigluCase("in place of the up values", [65], "up"),
  swigluCase("gates beyond what exp can hold", [300], "apart", 100),
];
