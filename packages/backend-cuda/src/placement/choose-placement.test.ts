import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { LoadedModel } from "@bayling/core/backend";
import { describe, expect, test } from "vitest";
import type { CudaOptions } from "../cuda-options.ts";
import type { LlamaRuntime } from "../llama-runtime.ts";
import { openRuntime } from "../open-runtime.ts";
import { choosePlacement, modelMemory } from "./choose-placement.ts";

const sizes = { contextLength: 64, maxSequences: 3 };
const model = tinyLlama();

describe("what a model takes", () => {
  test.each([false, true])("all weights once on the CPU, tied embeddings: %s", (tieWordEmbeddings) => {
    const tiny = tinyLlama({ config: { tieWordEmbeddings } });
    const memory = modelMemory(tiny, "f16", 1);
    const stored = tiny.graph.weights.reduce((sum, { name }) => sum + tiny.weights.get(name).byteLength, 0);
    const layers = memory.layerBytes.reduce((sum, bytes) => sum + bytes, 0);
    const output = memory.outputBytes - (tieWordEmbeddings ? memory.embeddingBytes : 0);
    expect(layers + memory.embeddingBytes + output).toBe(stored);
    expect(memory.isTied).toBe(tieWordEmbeddings);
    expect(memory.layerBytes).toHaveLength(tiny.config.numHiddenLayers);
    for (const bytes of memory.layerBytes) expect(bytes).toBeGreaterThan(0);
  });

  test("f32 keys and values take twice as much, and more to evaluate", () => {
    const half = modelMemory(model, "f16", 1);
    const single = modelMemory(model, "f32", 1);
    expect(single.positionBytes).toBe(2 * half.positionBytes);
    expect(single.computeBytes(4096)).toBeGreaterThan(half.computeBytes(4096));
  });
});

test("on the CPU nothing goes to a GPU, and the choice is reported", { timeout: 60_000 }, async () => {
  const placement = await choosePlacement(await openRuntime("cpu"), model, { device: "cpu" }, sizes);
  expect(placement).toMatchObject({ device: "cpu", gpuLayers: 0, layers: model.config.numHiddenLayers + 1 });
  expect(placement).toMatchObject({ positions: 192, mostPositions: 192 });
  expect(placement.threads).toBeGreaterThanOrEqual(1);
  expect(placement.deviceNames).toHaveLength(1);
  const own = await choosePlacement(await openRuntime("cpu"), model, { device: "cpu", threads: 3 }, sizes);
  expect(own.threads).toBe(3);
});

/** A GPU with so much free memory, as node-llama-cpp would tell of it. */
function gpuRuntime(free: number): LlamaRuntime {
  const llama = {
    cpuMathCores: 4,
    getGpuDeviceNames: async () => ["a GPU"],
    getVramState: async () => ({ total: 2 ** 30, used: 2 ** 30 - free, free, unifiedSize: 0 }),
  } as unknown as LlamaRuntime["llama"];
  return {
    ...{ llama, device: "cuda", release: "v0.4.0", messages: [] },
    libraries: { llama: undefined, ggmlBase: undefined },
  };
}

const onGpu = (free: number, options: CudaOptions, loaded: LoadedModel = model) =>
  choosePlacement(gpuRuntime(free), loaded, options, sizes);

test("everything goes to a GPU with room, or as many layers as were asked for", async () => {
  const all = model.config.numHiddenLayers + 1;
  expect(await onGpu(2 ** 30, { device: "cuda" })).toMatchObject({ gpuLayers: all, deviceNames: ["a GPU"] });
  expect(await onGpu(2 ** 30, { device: "cuda", gpuLayers: 1 })).toMatchObject({ gpuLayers: 1 });
  expect(await onGpu(2 ** 30, { device: "cuda", gpuLayers: 0 })).toMatchObject({ gpuLayers: 0 });
});

test("a GPU that was named and has no memory left is refused, one that was found is left alone", async () => {
  await expect(onGpu(1000, { device: "cuda" })).rejects.toMatchObject({ code: "out-of-memory", source: "cuda" });
  expect(await onGpu(1000, {})).toMatchObject({ gpuLayers: 0 });
  expect(await onGpu(1000, { device: "cuda", gpuLayers: 0 })).toMatchObject({ gpuLayers: 0 });
});
