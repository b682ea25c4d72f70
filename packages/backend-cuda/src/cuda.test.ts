import { describe, expect, it } from "vitest";
import { cuda } from "./cuda.ts";

describe("cuda", () => {
  it.each([
    ["device", "opencl"],
    ["gpuLayers", -1],
    ["gpuLayers", 1.5],
    ["threads", 0],
    ["threads", "2"],
    ["cacheType", "q8_0"],
    ["cacheFolder", ""],
    ["onPlacement", "print"],
  ])("refuses %s %j", (field, value) => {
    expect(() => cuda({ [field]: value })).toThrow(expect.objectContaining({ code: "argument-invalid", field }));
  });

  it("does nothing before it is asked to", () => {
    expect(cuda()).toMatchObject({ id: "cuda", specificationVersion: "v1" });
  });
});
