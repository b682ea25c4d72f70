import { tensorTypeNames } from "@bayling/core/backend";
import type { DeviceCase } from "../device-context.ts";
import { expectEqual, expectThat } from "../expect.ts";

export const deviceIdentityCases: readonly DeviceCase[] = [
  {
    name: "device/identity",
    async run({ device }) {
      expectEqual(device.specificationVersion, "v1", "specificationVersion");
      expectThat(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(device.id), `id "${device.id}" is no lower-case kebab word`);
      expectThat(device.weightTypes.length > 0, "weightTypes is empty");
      for (const type of device.weightTypes) expectThat(tensorTypeNames.includes(type), `weightTypes holds ${type}`);
      expectEqual(new Set(device.weightTypes).size, device.weightTypes.length, "number of different weightTypes");
    },
  },
  {
    name: "device/two are open at once",
    async run(context) {
      const one = await context.bench(1);
      const two = await context.bench(2);
      const values = [one.values(9), two.values(9)] as const;
      const buffers = [one.buffer(values[0]), two.buffer(values[1])] as const;
      await context.dispose(one);
      await two.expect(buffers[1], values[1], "a buffer of the other context");
    },
  },
  {
    name: "device/opens again and again",
    async run(context) {
      for (let round = 0; round < 4; round++) {
        const bench = await context.bench(round);
        const values = bench.values(16);
        await bench.expect(bench.buffer(values), values, "a buffer");
        await context.dispose(bench);
      }
    },
  },
];
