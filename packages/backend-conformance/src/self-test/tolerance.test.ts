import { createGraphBackend } from "@bayling/core/backend";
import { describe, expect, it } from "vitest";
import { backendCases } from "../cases/index.ts";
import { groupOf } from "../conformance-case.ts";
import { deviceCases } from "../operations/index.ts";
import { runBackendCase, runDeviceCase } from "../run-case.ts";
import { roundingDevice } from "./rounding-device.ts";

const groups = new Set(["families", "shapes", "want", "masks", "device sampling", "batch", "fork", "core"]);

describe.each(["f16", "int8"] as const)("the tolerance class %s", (tolerance) => {
  const backend = () => createGraphBackend(roundingDevice(tolerance));

  it.each(backendCases.filter(({ name }) => groups.has(groupOf(name))).map((each) => [each.name, each] as const))(
    "lets such a backend pass %s",
    async (_, each) => {
      expect((await runBackendCase(each, backend(), { tolerance })).error).toBeUndefined();
    },
  );

  it.each(deviceCases.filter(({ weightType }) => weightType === undefined).map((each) => [each.name, each] as const))(
    "lets such a device pass %s",
    async (_, each) => {
      expect((await runDeviceCase(each, roundingDevice(tolerance), { tolerance })).error).toBeUndefined();
    },
  );

  it("is no f32", async () => {
    const llama = backendCases.find(({ name }) => name === "families/llama")!;
    expect((await runBackendCase(llama, backend())).error).toBeInstanceOf(Error);
  });
});
