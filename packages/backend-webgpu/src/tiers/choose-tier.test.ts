import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bufferUsage } from "../device/constants.ts";
import { GpuProvider } from "../device/gpu.ts";
import type * as laneSums from "../kernels/lane-sums.ts";
import type { TierName } from "./tier-report.ts";

/** While set, sums are joined wrongly, as by a driver with a fault in its subgroups. */
const fault = vi.hoisted(() => ({ wgsl: undefined as string | undefined }));
vi.mock(import("../kernels/lane-sums.ts"), async (original) => {
  const module = await original();
  const joinLanes: typeof laneSums.joinLanes = (options) => {
    const code = module.joinLanes(options);
    return fault.wgsl === undefined || !options.subgroups ? code : `${code}\n${fault.wgsl}`;
  };
  return { ...module, joinLanes };
});

const { chooseTier } = await import("./choose-tier.ts");

const provider = new GpuProvider({});
beforeAll(async () => {
  await provider.get();
});
afterAll(async () => (await provider.get()).device.destroy());

let wishes = 0;
/** A choice that no other test has made. */
async function choose(tiers: readonly TierName[]) {
  const gpu = await provider.get();
  const wish = { precision: "f32", tiers: [...tiers, ...Array<TierName>(++wishes).fill("f16")] } as const;
  return { gpu, wish, choice: await chooseTier(gpu, wish) };
}

describe("the choice of a tier", () => {
  it("takes what the GPU does right", async () => {
    const { gpu, choice } = await choose(["subgroups", "int8"]);
    expect(choice.tier).toEqual({ subgroups: true, integers: true, halfTiles: false, matrix: undefined });
    expect(choice.report).toMatchObject({ gpu: gpu.name, used: ["subgroups", "int8"], leftOut: [] });
  });

  it("is made once for a GPU and a wish, by whoever opens it", async () => {
    const { wish, choice } = await choose(["int8"]);
    const other = new GpuProvider({});
    const { device, pipelines } = await other.get();
    const submit = vi.spyOn(device.queue, "submit");
    const prepare = vi.spyOn(pipelines, "prepare");
    expect(await chooseTier(await other.get(), wish)).toBe(choice);
    expect(submit).not.toHaveBeenCalled();
    expect(prepare).not.toHaveBeenCalled();
    device.destroy();
  });

  it.each([
    {
      name: "wrong",
      wgsl: "a0_0 += 0.001 * a1_0;",
      reason: /^its products are wrong: NMSE \d\.\de-\d+, at most 1e-8$/,
    },
    { name: "no numbers", wgsl: "a2_0 = sqrt(-1.0 - q0);", reason: /^its products are wrong: NMSE NaN/ },
    { name: "no code", wgsl: "a0_0 = nothing;", reason: /nothing/ },
  ])("leaves out what is $name, and says so", async ({ wgsl, reason }) => {
    fault.wgsl = wgsl;
    try {
      const { choice } = await choose(["subgroups", "int8"]);
      expect(choice.tier).toEqual({ subgroups: false, integers: true, halfTiles: false, matrix: undefined });
      expect(choice.report).toMatchObject({
        used: ["int8"],
        leftOut: [{ name: "subgroups", reason: expect.stringMatching(reason) }],
      });
    } finally {
      fault.wgsl = undefined;
    }
  });

  it("says nothing of a GPU that is lost meanwhile, and tests the next one", async () => {
    const lost = await new GpuProvider({}).get();
    const wish = { precision: "f32", tiers: ["int8", "subgroups", "int8"] } as const;
    const choice = chooseTier(lost, wish);
    lost.device.destroy();
    await expect(choice).rejects.toThrow();
    expect((await chooseTier(await provider.get(), wish)).report.used).toEqual(["subgroups", "int8"]);
  });

  it("frees what the test needed", async () => {
    const { device } = await provider.get();
    const probe = device.createBuffer({ size: 16, usage: bufferUsage.storage });
    const destroy = vi.spyOn(Object.getPrototypeOf(probe) as GPUBuffer, "destroy");
    const create = vi.spyOn(device, "createBuffer");
    await choose(["subgroups"]);
    const created = create.mock.results.map(({ value }) => value);
    expect(created.length).toBeGreaterThan(5);
    expect(new Set(destroy.mock.contexts)).toEqual(new Set(created));
    create.mockRestore();
    destroy.mockRestore();
  });
});
