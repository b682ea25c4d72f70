import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type TinyLlama, tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import {
  type BackendModel,
  type BackendSequence,
  buildGraph,
  type LoadedModel,
  type LoadOptions,
  type LoadProgress,
  type ModelConfig,
  rowBytes,
  type StoredWeight,
  type TensorType,
  type Want,
  type WeightSource,
} from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "./device/gpu-context.ts";
import { LimitedMemory } from "./testing/limited-memory.ts";
import { openNullDevice } from "./testing/null-device.ts";
import { openTestModel } from "./testing/open-test-model.ts";
import { openTestGpu } from "./testing/test-gpu.ts";
import { webgpu } from "./webgpu.ts";

const noSignal = { signal: undefined };
const options: LoadOptions = { contextLength: 64, maxSequences: 6, onProgress: () => {}, signal: undefined };
const loaded = tinyLlama();
const { vocabularySize } = loaded.config;

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.device.destroy());

const ids = (length: number, seed: number) =>
  Uint32Array.from({ length }, (_, index) => (index * 31 + seed * 17) % vocabularySize);

async function evaluate(model: BackendModel, sequence: BackendSequence, tokens: Uint32Array, want: Want = "last") {
  const [result] = await model.doEvaluate([{ sequence, tokens, want }], noSignal);
  return result!.scores!;
}

/** The CPU's scores after a text. */
async function reference(model: TinyLlama, tokens: readonly number[]): Promise<Float32Array> {
  const oracle = await cpu().doLoad(model, options);
  const scores = await evaluate(oracle, await oracle.doCreateSequence(), Uint32Array.from(tokens));
  await oracle.dispose();
  return scores;
}

function expectScores(actual: Float32Array, expected: Float32Array): void {
  const error = expected.reduce((sum, value, index) => sum + (actual[index]! - value) ** 2, 0);
  expect(error / expected.reduce((sum, value) => sum + value ** 2, 0)).toBeLessThan(1e-7);
}

describe("the KV cache", () => {
  const open = () => openTestModel(context, loaded, options);

  it("grows with the sequences that are alive, and keeps what it holds", async () => {
    const { engine, model } = await open();
    const { pool } = engine.resources.cache;
    expect(pool).toMatchObject({ size: 4, free: 4 });
    const sequences: BackendSequence[] = [];
    const sizes: number[] = [];
    for (let index = 0; index < 6; index++) {
      const sequence = await model.doCreateSequence();
      sequences.push(sequence);
      await evaluate(model, sequence, ids(33, index), "none");
      sizes.push(pool.size);
    }
    expect(sizes).toEqual([4, 8, 16, 16, 16, 32]); // three pages each
    expect(pool.free).toBe(32 - 18);
    for (const [index, sequence] of sequences.entries()) {
      const scores = await evaluate(model, sequence, ids(1, 9));
      expectScores(scores, await reference(loaded, [...ids(33, index), ...ids(1, 9)]));
    }
    for (const sequence of sequences) sequence.dispose();
    expect(pool.free).toBe(pool.size);
    await model.dispose();
  });

  it("holds the beginning of forks once, and copies a page when one of them writes into it", async () => {
    const { engine, model } = await open();
    const { pool } = engine.resources.cache;
    const taken = () => pool.size - pool.free;
    const parent = await model.doCreateSequence();
    const beginning = ids(40, 1);
    await evaluate(model, parent, beginning, "none");
    expect(taken()).toBe(3);
    const forks = [await parent.doFork!(), await parent.doFork!(), await parent.doFork!()] as const;
    const grandchild = await forks[2].doFork!();
    expect(taken()).toBe(3);

    const branches = [parent, ...forks, grandchild];
    const batch = branches.map((sequence, index) => ({ sequence, tokens: ids(2, index + 2), want: "last" as const }));
    const results = await model.doEvaluate(batch, noSignal);
    expect(taken()).toBe(2 + 5); // the last to write has the page for itself
    for (const [index, { scores }] of results.entries()) {
      expectScores(scores!, await reference(loaded, [...beginning, ...ids(2, index + 2)]));
    }
    for (const [index, sequence] of branches.entries()) {
      sequence.dispose();
      expect(taken()).toBe(index === 4 ? 0 : 2 + 4 - index);
    }
    await model.dispose();
  });

  it("gives pages back when a sequence is truncated, but for those that others have", async () => {
    const { engine, model } = await open();
    const { pool } = engine.resources.cache;
    const taken = () => pool.size - pool.free;
    const parent = await model.doCreateSequence();
    await evaluate(model, parent, ids(60, 1), "none");
    const fork = await parent.doFork!();
    parent.doTruncate(20);
    expect(taken()).toBe(4);
    const scores = await evaluate(model, parent, ids(1, 2)); // into a copy of the second page
    expect(taken()).toBe(5);
    expectScores(scores, await reference(loaded, [...ids(60, 1).subarray(0, 20), ...ids(1, 2)]));
    expectScores(await evaluate(model, fork, ids(1, 3)), await reference(loaded, [...ids(60, 1), ...ids(1, 3)]));
    fork.dispose();
    expect(taken()).toBe(2);
    parent.doTruncate(16);
    expect(taken()).toBe(1);
    parent.doTruncate(0);
    expect(taken()).toBe(0);
    await model.dispose();
  });

  it("gives pages back that an evaluation took and did not need", async () => {
    const { engine, model } = await open();
    const { pool } = engine.resources.cache;
    const sequence = await model.doCreateSequence();
    const controller = new AbortController();
    const aborted = model.doEvaluate([{ sequence, tokens: ids(60, 1), want: "none" }], controller);
    controller.abort(new Error("no longer wanted"));
    await expect(aborted).rejects.toBe(controller.signal.reason);
    expect(pool.free).toBe(pool.size);

    const spec = {
      ...{ temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0 },
      ...{ penaltyWindow: 64, logitBias: new Map(), seed: 7 },
    };
    const history = ids(5, 1);
    const draw = { sequence, tokens: history, want: "none" as const };
    const [all] = await model.doEvaluate([{ ...draw, sample: { spec, history, steps: 50, stopTokens: [] } }], noSignal);
    expect(pool.size - pool.free).toBe(4);
    sequence.doTruncate(0);
    const stopTokens = [all!.sampled![2]!];
    await model.doEvaluate([{ ...draw, sample: { spec, history, steps: 50, stopTokens } }], noSignal);
    expect(sequence.position).toBeLessThan(16);
    expect(pool.size - pool.free).toBe(1);
    await model.dispose();
  });
});

describe("matrices cut into parts", () => {
  it("give the same scores", async () => {
    const whole = await openTestModel(context, loaded, options);
    const cut = await openTestModel(context, loaded, { ...options, maxBindingBytes: 12_000 });
    const { table, layers, head } = cut.engine.resources.weights;
    const { projections, output, gateUp, down } = layers[0]!;
    const matrices = [table, head, ...projections.map(({ matrix }) => matrix), output, [gateUp].flat()[0]!, down];
    expect(matrices.map((matrix) => ("parts" in matrix ? matrix.parts.length : 0))).toEqual([7, 7, 3, 2, 4, 2]);
    for (const length of [1, 20]) {
      const scores: Float32Array[] = [];
      for (const { model } of [whole, cut]) {
        const sequence = await model.doCreateSequence();
        scores.push(await evaluate(model, sequence, ids(length, 3), "all"));
        sequence.dispose();
      }
      expect(scores[1]).toEqual(scores[0]);
    }
    await whole.model.dispose();
    await cut.model.dispose();
  });
});

describe("a GPU without enough memory", () => {
  /** A backend on a device of so many bytes, which computes nothing. */
  async function limited(bytes: number) {
    const device = await openNullDevice();
    const memory = new LimitedMemory(device, bytes);
    return { memory, backend: webgpu({ device }), destroy: () => device.destroy() };
  }

  /** A model that notices when it is read. */
  function counted() {
    let reads = 0;
    const weights = {
      get: (name: string) => loaded.weights.get(name),
      read: (...given: Parameters<typeof loaded.weights.read>) => {
        reads++;
        return loaded.weights.read(...given);
      },
    };
    return { model: { ...loaded, weights }, reads: () => reads };
  }

  it("is told the largest context that fits, before anything is read", async () => {
    const { memory, backend, destroy } = await limited(6 * 2 ** 20);
    const { model, reads } = counted();
    const load = (contextLength: number) => backend.doLoad(model, { ...options, contextLength });
    const error = await load(100_000).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "out-of-memory", field: "a context of 100000 tokens" });
    const fits = Number(/a context of at most (\d+) tokens/.exec((error as Error).message)?.[1]);
    expect(reads()).toBe(0);
    expect(memory.used).toBe(0);
    // Layers · keys and values · width · 4 bytes, and the table of rope: bytes of one more token.
    const perToken = 2 * 2 * 24 * 4 + 12 * 4;
    expect(fits * perToken).toBeGreaterThan(memory.limit / 2 - (100_000 / 16) * perToken);
    const fitting = await load(fits);
    await expect(load(Math.ceil(fits + 100_000 / 16))).rejects.toMatchObject({ code: "out-of-memory" });
    await fitting.dispose();
    expect(memory.used).toBe(0);
    destroy();
  });

  it("says so when not even the weights fit", async () => {
    const { memory, backend, destroy } = await limited(100_000);
    await expect(backend.doLoad(loaded, options)).rejects.toMatchObject({
      code: "out-of-memory",
      message: /expected: a smaller model/,
    });
    expect(memory.used).toBe(0);
    destroy();
  });

  it("is told what one binding of the device holds", async () => {
    const { backend, destroy } = await limited(Number.POSITIVE_INFINITY);
    const load = backend.doLoad(loaded, { ...options, contextLength: 3_000_000 });
    // 128 MiB, the least that WebGPU promises, of 24 numbers of four bytes.
    await expect(load).rejects.toMatchObject({
      code: "out-of-memory",
      message: new RegExp(`a context of at most ${Math.floor(2 ** 27 / 96 / 16) * 16} tokens`),
    });
    destroy();
  });

  it("keeps what it has when one more sequence does not fit, and takes it when another is gone", async () => {
    const { memory, backend, destroy } = await limited(Number.POSITIVE_INFINITY);
    const model = await backend.doLoad(loaded, options);
    const sequences = [await model.doCreateSequence(), await model.doCreateSequence()] as const;
    const fill = (sequence: BackendSequence) =>
      model.doEvaluate([{ sequence, tokens: ids(60, 1), want: "none" }], noSignal);
    await fill(sequences[0]);
    const before = memory.used;
    memory.limit = before + 1000;
    await expect(fill(sequences[1])).rejects.toMatchObject({
      code: "out-of-memory",
      field: "the KV cache of 128 positions",
    });
    expect(memory.used).toBe(before);
    expect(sequences.map(({ position }) => position)).toEqual([60, 0]);
    sequences[0].dispose();
    await fill(sequences[1]);
    expect(sequences[1].position).toBe(60);
    await model.dispose();
    expect(memory.used).toBe(0);
    destroy();
  });
});

describe("JavaScript's memory while a model is loaded", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const usedBytes = () => {
    const { heapUsed, external } = process.memoryUsage(); // external counts array buffers
    return heapUsed + external;
  };

  it("stays under 64 MB for a model of 400 MB with a context of 100,000", async () => {
    const config = {
      ...{ vocabularySize: 128_000, hiddenSize: 1024, intermediateSize: 4096, numHiddenLayers: 8 },
      ...{ numAttentionHeads: 8, numKeyValueHeads: 1, headSize: 128 },
    };
    const { model, bytes } = zeros(config, "Q8_0");
    expect(bytes).toBeGreaterThan(400e6);
    const device = await openNullDevice();
    // Dawn's null backend keeps its buffers in memory, up to 512 MB.
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => createBuffer({ ...descriptor, size: 16 });
    device.queue.writeBuffer = () => {};
    for (let round = 0; round < 3; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10)); // array buffers are freed on another thread
    }
    const base = usedBytes();
    let peak = 0;
    let last: LoadProgress | undefined;
    const onProgress = (progress: LoadProgress) => {
      peak = Math.max(peak, usedBytes() - base);
      last = progress;
    };
    const loading = await webgpu({ device }).doLoad(model, { ...options, contextLength: 100_000, onProgress });
    peak = Math.max(peak, usedBytes() - base);
    expect(last).toEqual({ loadedBytes: bytes, totalBytes: bytes });
    expect(peak).toBeLessThan(64e6);
    await loading.dispose();
    device.destroy();
  });
});

/** A model of zeros that are nowhere before they are read. */
function zeros(config: Partial<ModelConfig>, type: TensorType): { model: LoadedModel; bytes: number } {
  const complete: ModelConfig = { ...loaded.config, ...config, rope: { ...loaded.config.rope, rotaryDimension: 128 } };
  const graph = buildGraph(complete);
  const stored = new Map(
    graph.weights.map(({ name, shape }) => {
      const [rows, columns] = shape;
      const byteLength = columns === undefined ? rows * 4 : rows * rowBytes(type, columns);
      return [name, { type: columns === undefined ? "F32" : type, shape, byteLength } as StoredWeight];
    }),
  );
  const weights: WeightSource = {
    get: (name) => stored.get(name)!,
    read: async (_, __, length) => new Uint8Array(length),
  };
  const bytes = [...stored.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { model: { name: "zeros", config: complete, graph, weights }, bytes };
}
