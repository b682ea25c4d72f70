import koffi from "koffi";
import { describe, expect, it } from "vitest";
import { openRuntime } from "../open-runtime.ts";
import { LlamaLibrary } from "./llama-library.ts";
import { openLibrary } from "./open-library.ts";
import { findMisfit, knownReleases } from "./struct-layouts.ts";

describe("the library of llama.cpp", () => {
  it("is the one that node-llama-cpp has loaded, and its structures are as published", async () => {
    const runtime = await openRuntime("cpu");
    expect(knownReleases.has(runtime.release)).toBe(true);
    const { library } = await openLibrary(runtime);
    expect(library?.contextDefaults).toMatchObject({ n_ctx: 512, n_batch: 2048, kv_unified: false });
    expect(library?.mostSequences()).toBeGreaterThanOrEqual(64);
  });

  it("is not called where its structures are not known", async () => {
    const { libraries } = await openRuntime("cpu");
    expect(() => new LlamaLibrary(koffi, libraries.llama!, "v9.9.9")).toThrow(/v9\.9\.9 are not known, only those of/);
  });

  it.each([
    ["unknown release", { release: "v9.9.9" }, /not known/],
    ["absent library", { libraries: { llama: undefined, ggmlBase: undefined } }, /not found/],
    ["unloadable library", { libraries: { llama: "/nowhere/libllama.so", ggmlBase: undefined } }, /./],
  ])("gives a reason for an %s", async (_, changed, reason) => {
    const result = await openLibrary({ ...(await openRuntime("cpu")), ...changed });
    expect(result.library).toBeUndefined();
    expect("reason" in result && result.reason).toMatch(reason);
  });

  it("asks whether a byte is set", async () => {
    const { library } = await openLibrary(await openRuntime("cpu"));
    const isSet = (value: number) => {
      const flag = new Uint8Array(new ArrayBuffer(2));
      flag[0] = value;
      return koffi.call(library!.isSet, koffi.proto("bool", ["void *"]), koffi.address(flag));
    };
    expect([isSet(0), isSet(1)]).toEqual([false, true]);
  });
});

describe("a structure", () => {
  const fields = { count: ["int32_t", 5], on: ["bool", true] } as const;

  it("fits when every field is as it is by default", () => {
    expect(findMisfit(fields, { count: 5, on: true, unknown: [] })).toBeUndefined();
  });

  it("does not fit when one is another", () => {
    expect(findMisfit(fields, { count: 5, on: false })).toBe("on is false where true was expected");
  });
});
