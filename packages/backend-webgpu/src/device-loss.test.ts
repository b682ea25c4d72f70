import { tinyLlama, tinyLlamaBytes } from "@bayling/backend-conformance/tiny-llama";
import { loadModel } from "@bayling/core";
import type {
  Backend,
  BackendModel,
  BackendSequence,
  BatchItem,
  LoadedModel,
  SamplingSpec,
} from "@bayling/core/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GpuProvider } from "./device/gpu.ts";
import { LosableDevice } from "./testing/losable-device.ts";
import { LosableGpus } from "./testing/losable-gpus.ts";
import { openTestGpu } from "./testing/test-gpu.ts";
import { webgpu } from "./webgpu.ts";
import { createWebGpuBackend } from "./webgpu-backend.ts";

const loaded = tinyLlama();
const greedy: SamplingSpec = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0 },
  ...{ penaltyWindow: 64, logitBias: new Map(), seed: 7 },
};

let real: GPUDevice;
const kernels = new Map<string, Promise<GPUComputePipeline>>();

/** What commands that were not lost did wrong. */
const errors: string[] = [];

beforeAll(async () => {
  real = (await openTestGpu()).device;
  real.addEventListener("uncapturederror", ({ error }) => errors.push(error.message));
});
afterAll(() => {
  real.destroy();
  expect(errors).toEqual([]);
});

function load(backend: Backend, model: LoadedModel = loaded, signal?: AbortSignal): Promise<BackendModel> {
  return backend.doLoad(model, { contextLength: 64, maxSequences: 4, onProgress: () => {}, signal });
}

/** A backend on devices that are lost as `prepare` says. */
function losable(prepare: (device: LosableDevice, index: number) => void = () => {}) {
  const gpus = new LosableGpus(real, kernels, prepare);
  return { gpus, backend: createWebGpuBackend({}, gpus.provider) };
}

const ids = (length: number, seed: number) =>
  Uint32Array.from({ length }, (_, index) => (index * 31 + seed * 17) % 257);

function drawing(sequence: BackendSequence, tokens: Uint32Array, steps: number, spec = greedy): BatchItem {
  return { sequence, tokens, want: "none", sample: { spec, history: tokens, steps, stopTokens: [] } };
}

/** Prompts, a fork, drawing one by one and in a batch, truncation: all tokens that came of it. */
async function tell(model: BackendModel): Promise<number[]> {
  const told: number[] = [];
  const evaluate = async (...batch: readonly BatchItem[]) => {
    const before = batch.map(({ sequence }) => sequence.position);
    const results = await model.doEvaluate(batch, { signal: undefined });
    for (const [index, { sampled }] of results.entries()) {
      told.push(...(sampled ?? []));
      const { sequence, tokens } = batch[index]!;
      expect(sequence.position).toBe(before[index]! + tokens.length + Math.max(0, (sampled?.length ?? 1) - 1));
    }
    return results;
  };
  const first = await model.doCreateSequence();
  await evaluate({ sequence: first, tokens: ids(20, 1), want: "none" });
  const fork = await first.doFork!();
  const second = await model.doCreateSequence();
  const [, scored] = await evaluate(drawing(first, ids(1, 2), 6), {
    sequence: second,
    tokens: ids(5, 3),
    want: "last",
  });
  told.push(scored!.scores!.indexOf(Math.max(...scored!.scores!)));
  await evaluate(
    drawing(second, ids(1, 4), 5),
    drawing(first, ids(1, 5), 5),
    drawing(fork, ids(1, 6), 5, { ...greedy, temperature: 0.7 }),
  );
  first.doTruncate(10);
  await evaluate(drawing(first, ids(2, 7), 3));
  const [best] = await evaluate({ sequence: fork, tokens: ids(1, 8), want: { top: 3 } });
  told.push(...best!.top!.ids);
  for (const sequence of [first, fork, second]) sequence.dispose();
  return told;
}

/** Whole numbers below `end`, about `count`, spread unevenly and the same in every run. */
function moments(end: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Math.floor((end * (index + ((index * 7919) % 101) / 101)) / count),
  );
}

describe("a device that is lost at any call", () => {
  let expected: number[];
  /** Calls of a load, and of what `tell` does. */
  let loading: number;
  let telling: number;

  beforeAll(async () => {
    const { gpus, backend } = losable();
    const model = await load(backend);
    loading = gpus.current.calls;
    expected = await tell(model);
    const told = gpus.current.calls;
    expect(await tell(model)).toEqual(expected);
    telling = gpus.current.calls - told;
    await model.dispose();
  });

  it("changes nothing of what is told, whenever it is", async () => {
    const { gpus, backend } = losable();
    const model = await load(backend);
    const losses = moments(telling, 16);
    for (const moment of losses) {
      gpus.current.loseAfter(moment);
      expect(await tell(model), `lost after ${moment} calls`).toEqual(expected);
    }
    expect(gpus.devices).toHaveLength(losses.length + 1);
    expect(gpus.foreignBuffers).toBe(0);
    await model.dispose();
    expect(gpus.aliveBuffers).toBe(0);
  });

  it("changes nothing when the next one is lost as well, in the middle of the recovery", async () => {
    const recoveries = moments(loading, 6);
    const { gpus, backend } = losable((device, index) => {
      if (index % 2 === 1) device.loseAfter(recoveries[(index - 1) / 2]!);
    });
    const model = await load(backend);
    for (const [index, moment] of moments(telling, recoveries.length).entries()) {
      gpus.current.loseAfter(moment);
      expect(await tell(model), `lost after ${moment} and ${recoveries[index]} calls`).toEqual(expected);
    }
    expect(gpus.devices).toHaveLength(2 * recoveries.length + 1);
    await model.dispose();
    expect(gpus.aliveBuffers).toBe(0);
  });

  it("is replaced while the model is loaded", async () => {
    for (const moment of moments(loading, 4)) {
      const { gpus, backend } = losable((device, index) => {
        if (index === 0) device.loseAfter(moment);
      });
      const model = await load(backend);
      expect(await tell(model), `lost after ${moment} calls`).toEqual(expected);
      expect(gpus.devices).toHaveLength(2);
      await model.dispose();
      expect(gpus.aliveBuffers).toBe(0);
    }
  });

  it("is given up when it is always lost, and tried again with the next call", async () => {
    let lasting = true;
    const { gpus, backend } = losable((device) => {
      if (!lasting) device.loseAfter(Math.floor(loading / 8));
    });
    const model = await load(backend);
    const sequence = await model.doCreateSequence();
    const evaluate = () => model.doEvaluate([drawing(sequence, ids(20, 1), 4)], { signal: undefined });
    const [before] = await evaluate();
    sequence.doTruncate(0);
    lasting = false;
    gpus.current.loseAfter(5);
    await expect(evaluate()).rejects.toMatchObject({ code: "backend-failed", message: /lost 3 times in a row/ });
    expect(sequence.position).toBe(0);
    const tried = gpus.devices.length;
    expect(tried).toBeLessThanOrEqual(10);
    lasting = true;
    expect(await evaluate()).toEqual([before]);
    await model.dispose();
    expect(gpus.aliveBuffers).toBe(0);
  });

  it("leaves a model that cannot be loaded without buffers", async () => {
    const { gpus, backend } = losable((device) => device.loseAfter(Math.floor(loading / 8)));
    await expect(load(backend)).rejects.toMatchObject({ code: "backend-failed", message: /lost 3 times in a row/ });
    expect(gpus.aliveBuffers).toBe(0);
  });

  it("lets an abort end the recovery, which the next call takes up again", async () => {
    let onRead = () => {};
    const weights = {
      get: (name: string) => loaded.weights.get(name),
      read: (...given: Parameters<typeof loaded.weights.read>) => {
        onRead();
        return loaded.weights.read(...given);
      },
    };
    const { gpus, backend } = losable();
    const model = await load(backend, { ...loaded, weights });
    const sequence = await model.doCreateSequence();
    const [whole] = await model.doEvaluate([drawing(sequence, ids(20, 1), 8)], { signal: undefined });
    sequence.doTruncate(0);
    const [begun] = await model.doEvaluate([drawing(sequence, ids(20, 1), 3)], { signal: undefined });
    const next = [drawing(sequence, begun!.sampled!.slice(-1), 5)];
    for (const reads of [1, 4, 9]) {
      gpus.current.destroy();
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      let left = reads;
      onRead = () => {
        if (--left === 0) controller.abort(reason);
      };
      await expect(model.doEvaluate(next, { signal: controller.signal })).rejects.toBe(reason);
      expect(sequence.position).toBe(22);
    }
    const [rest] = await model.doEvaluate(next, { signal: undefined });
    expect([...begun!.sampled!, ...rest!.sampled!]).toEqual([...whole!.sampled!]);
    await model.dispose();
    expect(gpus.aliveBuffers).toBe(0);
  });

  it("makes forks share the pages of their beginning again", async () => {
    const { gpus, backend } = losable();
    const model = await load(backend);
    const sequence = await model.doCreateSequence();
    await model.doEvaluate([{ sequence, tokens: ids(32, 1), want: "none" }], { signal: undefined });
    const fork = await sequence.doFork!();
    const batch = () => [drawing(sequence, ids(1, 2), 2), drawing(fork, ids(1, 3), 2)];
    const drawn = await model.doEvaluate(batch(), { signal: undefined });
    sequence.doTruncate(32);
    fork.doTruncate(32);
    const [before] = gpus.cacheSizes;
    gpus.current.destroy();
    expect(await model.doEvaluate(batch(), { signal: undefined })).toEqual(drawn);
    expect(gpus.cacheSizes).toEqual([before, before]);
    await model.dispose();
  });

  it("says that a device of the caller's own cannot be replaced", async () => {
    const device = new LosableDevice(real, kernels, 5);
    const backend = webgpu({ device: device.asDevice });
    const model = await load(backend);
    const sequence = await model.doCreateSequence();
    const evaluate = () => model.doEvaluate([drawing(sequence, ids(3, 1), 4)], { signal: undefined });
    await evaluate();
    device.loseAfter(5);
    const refusal = { code: "backend-not-available", message: /device that was passed to webgpu\(\) is lost/ };
    await expect(evaluate()).rejects.toMatchObject(refusal);
    await expect(evaluate()).rejects.toMatchObject(refusal);
    expect(sequence.position).toBe(6);
    await expect(load(backend)).rejects.toMatchObject(refusal);
    sequence.dispose();
    await model.dispose();
  });
});

describe("a device that is destroyed", () => {
  it("does not change what is generated", async () => {
    const provider = new GpuProvider({});
    const backend = createWebGpuBackend({}, provider);
    const destroy = async () => (await provider.get()).device.destroy();
    const model = await loadModel(new Blob([await tinyLlamaBytes()]), { backend, contextLength: 64, maxSequences: 2 });
    const options = { temperature: 0.8, seed: 11, maxTokens: 30, ignoreEnd: true };
    const prompt = [...ids(20, 1)];
    const generate = async (lossAt?: number) => {
      const tokens: number[] = [];
      for await (const { token } of model.generate(prompt, options)) {
        tokens.push(token);
        if (tokens.length === lossAt) await destroy();
      }
      return tokens;
    };
    const expected = await generate();
    expect(expected).toHaveLength(30);
    expect(await generate(9)).toEqual(expected);
    const running = generate();
    await new Promise((resolve) => setTimeout(resolve, 3));
    await destroy();
    expect(await running).toEqual(expected);
    await model.dispose();
    await destroy();
  });
});
