import fc from "fast-check";
import { expect, test } from "vitest";
import { type FitRequest, type FreeMemory, fitPlacement, type ModelMemory, memoryNeed, usable } from "./fit-memory.ts";
import { freeHostBytes } from "./free-memory.ts";

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** About LLaMA 2 7B in Q4_0. */
const model: ModelMemory = {
  layerBytes: new Array(32).fill(114 * mebibyte),
  outputBytes: 103 * mebibyte,
  embeddingBytes: 70 * mebibyte,
  isTied: false,
  positionBytes: 2 * 4096 * 2,
  computeBytes: (positions) => 100 * mebibyte + 3072 * positions,
};
const request: FitRequest = { contextLength: 4096, maxSequences: 4 };
const roomy = { gpu: 80 * gibibyte, host: 64 * gibibyte };

test("puts everything on a GPU that has room, the output too", () => {
  expect(fitPlacement(model, roomy, request).gpuLayers).toBe(33);
});

test("without a GPU everything is on the CPU", () => {
  expect(fitPlacement(model, { gpu: undefined, host: 64 * gibibyte }, request).gpuLayers).toBe(0);
});

test("leaves on the CPU what does not fit", () => {
  const { gpuLayers } = fitPlacement(model, { ...roomy, gpu: 4 * gibibyte }, request);
  // Layers with their part of the cache are 178 MiB each; output, activations and reserve are about 540 MiB.
  expect(gpuLayers).toBeGreaterThan(17);
  expect(gpuLayers).toBeLessThan(22);
});

test("takes the layers that were asked for, and all for more than there are", () => {
  expect(fitPlacement(model, roomy, { ...request, gpuLayers: 7 }).gpuLayers).toBe(7);
  expect(fitPlacement(model, roomy, { ...request, gpuLayers: 0 }).gpuLayers).toBe(0);
  expect(fitPlacement(model, roomy, { ...request, gpuLayers: 999 }).gpuLayers).toBe(33);
});

test("refuses layers that do not fit and says how many do", () => {
  const free = { ...roomy, gpu: 4 * gibibyte };
  const { gpuLayers: most } = fitPlacement(model, free, request);
  expect(() => fitPlacement(model, free, { ...request, gpuLayers: most + 1 })).toThrow(
    expect.objectContaining({ code: "out-of-memory", field: "gpuLayers", expected: `at most ${most}` }),
  );
  expect(() => fitPlacement(model, { gpu: undefined, host: gibibyte }, { ...request, gpuLayers: 3 })).toThrow(
    expect.objectContaining({ code: "out-of-memory", expected: "at most 0" }),
  );
});

test("refuses a context that does not fit and says which does", () => {
  const free = { gpu: undefined, host: 5 * gibibyte };
  const long = { contextLength: 32768, maxSequences: 1 };
  let message = "";
  try {
    fitPlacement(model, free, long);
  } catch (error) {
    expect(error).toMatchObject({ code: "out-of-memory" });
    message = (error as Error).message;
  }
  const longest = Number(/a context of (\d+) tokens/.exec(message)?.[1]);
  expect(fitPlacement(model, free, { ...long, contextLength: longest }).positions).toBe(longest);
  expect(() => fitPlacement(model, free, { ...long, contextLength: longest + 1 })).toThrow();
});

test("where not even the weights fit, no context is named", () => {
  const refused = () => fitPlacement(model, { gpu: undefined, host: gibibyte }, request);
  expect(refused).toThrow(/weights and KV cache/);
  expect(refused).not.toThrow(/a context of/);
});

test("the cache begins with one context, with more where that is cheap, and never with more than is needed", () => {
  expect(fitPlacement(model, roomy, request)).toMatchObject({ positions: 4096, mostPositions: 16384 });
  const small = { ...model, positionBytes: 64 };
  expect(fitPlacement(small, roomy, request)).toMatchObject({ positions: 16384, mostPositions: 16384 });
  const short = { contextLength: 128, maxSequences: 64 };
  const { positions, mostPositions } = fitPlacement(model, roomy, short);
  expect(positions).toBe((256 * mebibyte) / (32 * model.positionBytes));
  expect(mostPositions).toBe(8192);
});

test("an embedding table that is also the output lies twice only with a GPU", () => {
  const tied = { ...model, isTied: true, outputBytes: model.embeddingBytes };
  const onHost = memoryNeed(tied, 0, 1).host;
  const onGpu = memoryNeed(tied, 33, 1);
  const compute = model.computeBytes(1);
  expect(onGpu.host + onGpu.gpu - 2 * compute).toBe(onHost - compute + model.embeddingBytes);
});

const models = fc
  .record({
    layers: fc.integer({ min: 1, max: 40 }),
    layerBytes: fc.integer({ min: 1, max: 200 * mebibyte }),
    outputBytes: fc.integer({ min: 0, max: 300 * mebibyte }),
    embeddingBytes: fc.integer({ min: 1, max: 300 * mebibyte }),
    isTied: fc.boolean(),
    positionBytes: fc.integer({ min: 1, max: 20000 }),
    perPosition: fc.integer({ min: 0, max: 100000 }),
  })
  .map(({ layers, layerBytes, perPosition, ...rest }): ModelMemory => {
    const bytes = Array.from({ length: layers }, (_, layer) => layerBytes + ((layer * 7919) % 1000));
    return { ...rest, layerBytes: bytes, computeBytes: (positions) => 5 * mebibyte + perPosition * positions };
  });
const requests = fc.record({
  contextLength: fc.integer({ min: 1, max: 20000 }),
  maxSequences: fc.integer({ min: 1, max: 10 }),
});
const amounts = fc.integer({ min: 0, max: 20 * gibibyte });

function fit(given: ModelMemory, free: FreeMemory, asked: FitRequest) {
  try {
    return fitPlacement(given, free, asked);
  } catch (error) {
    expect(error).toMatchObject({ code: "out-of-memory" });
    return undefined;
  }
}

test("never takes more than is free", () => {
  fc.assert(
    fc.property(models, requests, amounts, amounts, (given, asked, gpu, host) => {
      const fitted = fit(given, { gpu, host }, asked);
      if (fitted === undefined) return;
      const need = memoryNeed(given, fitted.gpuLayers, fitted.positions);
      expect(need.gpu).toBeLessThanOrEqual(usable(gpu));
      expect(need.host).toBeLessThanOrEqual(usable(host));
      expect(fitted.positions).toBeGreaterThanOrEqual(asked.contextLength);
      expect(fitted.mostPositions).toBeGreaterThanOrEqual(fitted.positions);
      expect(fitted.mostPositions).toBeLessThanOrEqual(asked.contextLength * asked.maxSequences);
    }),
  );
});

test("more memory never means fewer layers, and what fitted still fits", () => {
  fc.assert(
    fc.property(models, requests, amounts, amounts, amounts, amounts, (given, asked, gpu, host, moreGpu, moreHost) => {
      const before = fit(given, { gpu, host }, asked);
      if (before === undefined) return;
      const after = fit(given, { gpu: gpu + moreGpu, host: host + moreHost }, asked);
      expect(after).toBeDefined();
      expect(after!.gpuLayers).toBeGreaterThanOrEqual(before.gpuLayers);
    }),
  );
});

test("one more layer than was chosen would not have fitted", () => {
  fc.assert(
    fc.property(models, requests, amounts, (given, asked, gpu) => {
      const fitted = fit(given, { gpu, host: 1000 * gibibyte }, asked);
      if (fitted === undefined || fitted.gpuLayers > given.layerBytes.length) return;
      expect(memoryNeed(given, fitted.gpuLayers + 1, asked.contextLength).gpu).toBeGreaterThan(usable(gpu));
    }),
  );
});

test("a container's limit counts, without the files that the system would give back", () => {
  const files: Record<string, string> = {
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/memory.max": `${4 * gibibyte}\n`,
    "/sys/fs/cgroup/memory.current": `${3 * gibibyte}\n`,
    "/sys/fs/cgroup/memory.stat": `anon ${gibibyte}\ninactive_file ${gibibyte}\nactive_file ${gibibyte / 2}\n`,
  };
  expect(freeHostBytes(16 * gibibyte, (path) => files[path])).toBe(2.5 * gibibyte);
  expect(freeHostBytes(gibibyte, (path) => files[path])).toBe(gibibyte);
  files["/sys/fs/cgroup/memory.max"] = "max\n";
  expect(freeHostBytes(16 * gibibyte, (path) => files[path])).toBe(16 * gibibyte);
  const first: Record<string, string> = {
    "/proc/self/cgroup": "9:memory:/docker/ab\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${2 * gibibyte}\n`,
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${gibibyte}\n`,
    "/sys/fs/cgroup/memory/memory.stat": `cache 5\ntotal_inactive_file ${gibibyte / 4}\ntotal_active_file 0\n`,
  };
  expect(freeHostBytes(16 * gibibyte, (path) => first[path])).toBe(1.25 * gibibyte);
  expect(freeHostBytes(16 * gibibyte, () => undefined)).toBe(16 * gibibyte);
});
