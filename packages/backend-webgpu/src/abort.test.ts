import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { BackendSequence, BatchItem, LoadedModel, LoadOptions, SamplingSpec, Want } from "@bayling/core/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "./device/gpu-context.ts";
import { DeviceLog } from "./testing/device-log.ts";
import { openNullDevice } from "./testing/null-device.ts";
import { openTestModel } from "./testing/open-test-model.ts";
import { openTestGpu } from "./testing/test-gpu.ts";
import { webgpu } from "./webgpu.ts";
import type { WebGpuModel } from "./webgpu-model.ts";

const loaded = tinyLlama();
const reason = new Error("no longer wanted");
const noSignal = { signal: undefined };

const spec: SamplingSpec = {
  ...{ temperature: 0.8, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0 },
  ...{ penaltyWindow: 64, logitBias: new Map(), seed: 7 },
};

const ids = (length: number, seed: number) =>
  Uint32Array.from({ length }, (_, index) => (index * 31 + seed * 17) % 257);

function drawing(sequence: BackendSequence, tokens: Uint32Array, steps: number): BatchItem {
  return { sequence, tokens, want: "none", sample: { spec, history: tokens, steps, stopTokens: [] } };
}

describe("an abort of a load", () => {
  /** The model, with something to do at each reading of its weights. */
  function reading(onRead: (count: number) => void): LoadedModel {
    let count = 0;
    const weights = {
      get: (name: string) => loaded.weights.get(name),
      read: (...given: Parameters<typeof loaded.weights.read>) => {
        onRead(++count);
        return loaded.weights.read(...given);
      },
    };
    return { ...loaded, weights };
  }
  const options = (signal?: AbortSignal): LoadOptions => ({
    ...{ contextLength: 64, maxSequences: 2, onProgress: () => {}, signal },
  });

  it("rejects with its reason at any read, and leaves no buffer behind", async () => {
    const device = await openNullDevice();
    const log = new DeviceLog(device);
    const backend = webgpu({ device });
    let reads = 0;
    await (
      await backend.doLoad(
        reading((count) => (reads = count)),
        options(),
      )
    ).dispose();
    expect(reads).toBeGreaterThan(10);
    for (let abortAt = 1; abortAt <= reads; abortAt++) {
      const controller = new AbortController();
      const model = reading((count) => count === abortAt && controller.abort(reason));
      await expect(backend.doLoad(model, options(controller.signal)), `read ${abortAt}`).rejects.toBe(reason);
      expect(log.buffers.size).toBe(0);
    }
    await (await backend.doLoad(loaded, options())).dispose();
    device.destroy();
  });

  it("does not wait for the compiler", async () => {
    const device = await openNullDevice();
    const log = new DeviceLog(device);
    const controller = new AbortController();
    device.createComputePipelineAsync = () => {
      controller.abort(reason);
      return new Promise(() => {});
    };
    await expect(webgpu({ device }).doLoad(loaded, options(controller.signal))).rejects.toBe(reason);
    expect(log.buffers.size).toBe(0);
    device.destroy();
  });
});

describe("an abort of an evaluation", () => {
  /** A model on a device that takes commands and does not come to an end with them, from the time on that it hangs. */
  async function openHanging() {
    const device = await openNullDevice();
    const createBuffer = device.createBuffer.bind(device);
    let hangs = false;
    const never = new Promise<never>(() => {});
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      const mapAsync = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (...given) => (hangs ? never : mapAsync(...given));
      return buffer;
    };
    const { queue } = device;
    const onSubmittedWorkDone = queue.onSubmittedWorkDone.bind(queue);
    queue.onSubmittedWorkDone = () => (hangs ? never : onSubmittedWorkDone());
    const log = new DeviceLog(device);
    const model = await webgpu({ device }).doLoad(loaded, {
      ...{ contextLength: 64, maxSequences: 2, onProgress: () => {}, signal: undefined },
    });
    const hang = () => {
      hangs = true;
    };
    return { device, log, model, hang };
  }

  const works: Readonly<Record<string, (sequence: BackendSequence) => BatchItem>> = {
    "a prompt": (sequence) => ({ sequence, tokens: ids(40, 1), want: "none" }),
    "a single token": (sequence) => ({ sequence, tokens: ids(1, 1), want: "none" }),
    ...Object.fromEntries(
      (["last", "all", "embedding", { top: 4 }] as const).map((want: Want) => [
        JSON.stringify(want),
        (sequence: BackendSequence) => ({ sequence, tokens: ids(20, 1), want }),
      ]),
    ),
    "one draw": (sequence) => drawing(sequence, ids(1, 1), 1),
    "many draws": (sequence) => drawing(sequence, ids(5, 1), 50),
  };

  it.each(Object.entries(works))("does not wait for the GPU: %s", async (_, work) => {
    const { device, log, model, hang } = await openHanging();
    const sequence = await model.doCreateSequence();
    await model.doEvaluate([work(sequence)], noSignal); // what is compiled once
    sequence.doTruncate(0);
    await model.doEvaluate([{ sequence, tokens: ids(3, 2), want: "none" }], noSignal);
    hang();
    const controller = new AbortController();
    const running = model.doEvaluate([work(sequence)], controller);
    const settled = Promise.allSettled([running]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    const late = new Promise((resolve) => setTimeout(() => resolve("late"), 1000));
    expect(await Promise.race([settled, late])).toEqual([{ status: "rejected", reason }]);
    expect(sequence.position).toBe(3);
    const submits = log.times("submit");
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(log.times("submit")).toBe(submits);
    await model.dispose();
    expect(log.buffers.size).toBe(0);
    device.destroy();
  });
});

describe("after an abort", () => {
  let context: GpuContext;
  let model: WebGpuModel;
  beforeAll(async () => {
    context = await openTestGpu();
    ({ model } = await openTestModel(context, loaded));
  });
  afterAll(async () => {
    await model.dispose();
    context.device.destroy();
  });

  /** Evaluates with an abort at the given submit of the call; false when there were not so many. */
  async function abortAt(submit: number, batch: readonly BatchItem[]): Promise<boolean> {
    const { queue } = context.device;
    const controller = new AbortController();
    let submits = 0;
    const original = queue.submit;
    queue.submit = (buffers) => {
      original.call(queue, buffers);
      if (++submits === submit) controller.abort(reason);
    };
    const before = batch.map(({ sequence }) => sequence.position);
    const [outcome] = await Promise.allSettled([model.doEvaluate(batch, controller)]);
    queue.submit = original;
    if (outcome.status === "fulfilled") {
      for (const [index, { sequence }] of batch.entries()) sequence.doTruncate(before[index]!);
      return false;
    }
    expect(outcome.reason).toBe(reason);
    expect(batch.map(({ sequence }) => sequence.position)).toEqual(before);
    return true;
  }

  it("draws and scores are those of a run without", async () => {
    const sequences = [await model.doCreateSequence(), await model.doCreateSequence()] as const;
    const [first, second] = sequences;
    for (const [index, sequence] of sequences.entries()) {
      await model.doEvaluate([{ sequence, tokens: ids(20 + index, index), want: "none" }], noSignal);
    }
    const works: Readonly<Record<string, () => BatchItem[]>> = {
      "draws of two": () => [drawing(first, ids(1, 3), 24), drawing(second, ids(1, 4), 24)],
      "a draw behind a prompt": () => [drawing(first, ids(20, 5), 12)],
      "a draw beside scores": () => [
        drawing(first, ids(1, 3), 1),
        { sequence: second, tokens: ids(1, 4), want: "last" },
      ],
    };
    const run = async (batch: readonly BatchItem[]) => {
      const results = await model.doEvaluate(batch, noSignal);
      for (const [index, sequence] of sequences.entries()) sequence.doTruncate(20 + index);
      return results;
    };
    for (const [name, batch] of Object.entries(works)) {
      const expected = await run(batch());
      const aborted: number[] = [];
      for (const submit of [1, 2, 5, 9, 16]) {
        if (await abortAt(submit, batch())) aborted.push(submit);
        expect(await run(batch()), `${name}, aborted at submit ${submit}`).toEqual(expected);
      }
      expect(aborted, name).toContain(1);
    }
  });
});
