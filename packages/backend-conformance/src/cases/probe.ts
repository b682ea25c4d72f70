import type { BackendCase } from "../backend-context.ts";
import { expectEqual, expectThat } from "../expect.ts";

export const probeCases: readonly BackendCase[] = [
  {
    name: "probe/identity",
    async run({ backend }) {
      expectEqual(backend.specificationVersion, "v1", "specificationVersion");
      expectThat(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(backend.id), `id "${backend.id}" is no lower-case kebab word`);
    },
  },
  {
    name: "probe/says what is there, every time",
    async run({ backend }) {
      for (const result of await Promise.all([backend.probe(), backend.probe(), backend.probe()])) {
        expectThat(result.available, "probe() said yes before and says no now");
        expectThat(result.devices.length > 0, "an available backend names at least one device");
        for (const { name, memoryBytes } of result.devices) {
          expectThat(typeof name === "string" && name.trim() !== "", "a device has a name that a person can read");
          expectThat(memoryBytes === undefined || memoryBytes > 0, `memoryBytes of ${name} is ${memoryBytes}`);
        }
      }
    },
  },
];
