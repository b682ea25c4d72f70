import { describe, expect, it } from "vitest";
import { openNullDevice } from "./testing/null-device.ts";
import { webgpu } from "./webgpu.ts";
import { webgpuDevice } from "./webgpu-device.ts";

/** A device of a user's whose limits are those of the compatibility mode of some GPUs. */
async function limitedDevice(): Promise<GPUDevice> {
  const device = await openNullDevice();
  const limits = { ...small, maxStorageBufferBindingSize: 2 ** 27, maxComputeWorkgroupSizeX: 256 };
  return new Proxy(device, {
    get(target, name) {
      if (name === "limits") return limits;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const small = {
  maxStorageBuffersPerShaderStage: 4,
  maxComputeInvocationsPerWorkgroup: 128,
  maxComputeWorkgroupStorageSize: 16384,
};

describe("webgpu", () => {
  it("says of a user's own device what it is", async () => {
    const device = await openNullDevice();
    const probe = await webgpu({ device }).probe();
    expect(probe).toEqual({ available: true, devices: [{ name: "null-backend" }] });
    device.destroy();
  });

  it.each([
    { create: webgpu, open: (device: GPUDevice) => webgpu({ device }).doLoad({} as never, {} as never) },
    { create: webgpuDevice, open: (device: GPUDevice) => webgpuDevice({ device }).open() },
  ])("refuses a device whose limits are too small, in words: $create.name", async ({ create, open }) => {
    const device = await limitedDevice();
    const reason =
      /its limits are too small: maxStorageBuffersPerShaderStage 4, needed 8; maxComputeInvocationsPerWorkgroup 128, needed 256\. Ask for the limits of the adapter/;
    expect(await create({ device }).probe()).toEqual({ available: false, reason: expect.stringMatching(reason) });
    await expect(open(device)).rejects.toMatchObject({
      code: "backend-not-available",
      message: expect.stringMatching(reason),
    });
    device.destroy();
  });

  it("refuses a device that is lost", async () => {
    const device = await openNullDevice();
    device.destroy();
    const reason = expect.stringContaining("is lost");
    expect(await webgpu({ device }).probe()).toEqual({ available: false, reason });
  });

  it.each([
    [{ precision: "half" }, "precision", '"f32", "fast"'],
    [{ cacheType: "q8" }, "cacheType", '"f32", "f16"'],
    [{ powerPreference: "max" }, "powerPreference", '"low-power", "high-performance"'],
    [{ tiers: ["subgroups", "int4"] }, "tiers", '"subgroups", "int8", "f16", "subgroup-matrix"'],
  ])("refuses %j", (options, field, expected) => {
    expect(catchError(() => webgpu(options as never))).toMatchObject({ code: "argument-invalid", field, expected });
  });
});

function catchError(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
