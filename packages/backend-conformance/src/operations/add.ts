import type { DeviceCase } from "../device-context.ts";
import * as reference from "../reference/reference-operations.ts";

function addCase(name: string, lengths: readonly number[], place: "apart" | "left" | "right"): DeviceCase {
  return {
    name: `add/${name}`,
    async run(context) {
      const bench = await context.bench();
      for (const length of lengths) {
        const [left, right] = [bench.values(length), bench.values(length)];
        const buffers = { left: bench.buffer(left), right: bench.buffer(right) };
        const output = place === "apart" ? bench.output(length) : buffers[place];
        bench.device.add({ ...buffers, length, output });
        await bench.expect(output, reference.add(left, right), `${length} elements`);
        if (place !== "left") await bench.expect(buffers.left, left, "the left side, which must stay as it is");
        if (place !== "right") await bench.expect(buffers.right, right, "the right side, which must stay as it is");
      }
    },
  };
}

export const addCases: readonly DeviceCase[] = [
  addCase("apart from its inputs", [1, 3, 64, 257, 4100], "apart"),
  addCase("in place of the left side", [65], "left"),
  addCase("in place of the right side", [65], "right"),
];
