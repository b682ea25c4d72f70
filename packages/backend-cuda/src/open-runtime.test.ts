import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { CudaDevice } from "./cuda-options.ts";
import { probeCuda } from "./cuda-probe.ts";
import { openRuntime } from "./open-runtime.ts";
import { readMachineFacts } from "./runtime/machine-facts.ts";
import { impossible } from "./runtime/missing-device.ts";

const excludedNetwork = (process.report as unknown as { excludeNetwork: boolean }).excludeNetwork;
const printed: string[] = [];
const write = process.stderr.write;
process.stderr.write = ((text: string, ...rest: never[]) => {
  printed.push(String(text));
  return write.call(process.stderr, text, ...rest);
}) as typeof write;
afterAll(() => {
  process.stderr.write = write;
});

const facts = readMachineFacts();
const impossibleDevices = (["cuda", "vulkan", "metal"] as const).filter((device) => impossible(device, facts));

test("opens llama.cpp on the CPU, once, and finds its libraries", { timeout: 60_000 }, async () => {
  const [runtime, again] = await Promise.all([openRuntime("cpu"), openRuntime("cpu")]);
  expect(again).toBe(runtime);
  expect(runtime.device).toBe("cpu");
  expect(runtime.release).toMatch(/^[\w.-]+$/);
  const { llama, ggmlBase } = runtime.libraries;
  expect(existsSync(llama!)).toBe(true);
  expect(path.basename(llama!)).toMatch(/^(lib)?llama\./);
  expect(path.basename(ggmlBase!)).toMatch(/^(lib)?ggml-base\./);
  expect((process.report as unknown as { excludeNetwork: boolean }).excludeNetwork).toBe(excludedNetwork);
});

test("takes whatever there is when it may choose", { timeout: 60_000 }, async () => {
  const runtime = await openRuntime("auto");
  expect(await openRuntime(runtime.device)).toBe(runtime);
});

test("opens another one after node-llama-cpp has disposed the first", { timeout: 60_000 }, async () => {
  const runtime = await openRuntime("cpu");
  await runtime.llama.dispose();
  const next = await openRuntime("cpu");
  expect(next.llama.disposed).toBe(false);
  expect(next.libraries).toEqual(runtime.libraries);
});

test("every device that is not there is refused in words, again and again, and nothing is printed", async () => {
  expect(impossibleDevices).not.toEqual([]);
  printed.length = 0;
  for (const device of [...impossibleDevices, ...impossibleDevices] as CudaDevice[]) {
    await expect(openRuntime(device)).rejects.toMatchObject({ code: "backend-not-available", source: "cuda" });
  }
  expect(printed.join("")).toBe("");
});

test("probing never throws, and names devices and their memory", { timeout: 60_000 }, async () => {
  const there = await probeCuda("cpu");
  if (!there.available) throw new Error(there.reason);
  expect(there.devices).toHaveLength(1);
  expect(there.devices[0]!.name).not.toBe("");
  expect(there.devices[0]!.memoryBytes).toBeGreaterThan(2 ** 20);
  for (const device of impossibleDevices) {
    const missing = await probeCuda(device);
    expect(missing).toMatchObject({ available: false });
    expect(missing.available ? "" : missing.reason).toContain('cuda({ device: "cpu" })');
  }
});
