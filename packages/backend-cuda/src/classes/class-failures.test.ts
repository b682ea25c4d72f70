import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { describe, expect, it } from "vitest";
import type { LlamaRuntime } from "../llama-runtime.ts";
import { openRuntime } from "../open-runtime.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { drawing, evaluate, ids, unsignalled, withModel } from "./testing/model-calls.ts";
import { openClassModel } from "./testing/open-class-model.ts";

const cacheFolder = temporaryFolder();

/** Values of the KV cache in blocks of eight bits: llama.cpp makes no such context without flash attention. */
function failingContexts(llama: LlamaRuntime["llama"]): LlamaRuntime["llama"]["loadModel"] {
  return async (options) => {
    const model = await llama.loadModel(options);
    const create = model.createContext.bind(model);
    model.createContext = (given) => create({ ...given, experimentalKvCacheValueType: "Q8_0" });
    return model;
  };
}

describe("failures", () => {
  it("a model that llama.cpp does not load is refused with what it says", async () => {
    const loadModel = (llama: LlamaRuntime["llama"]) => (options: Parameters<typeof llama.loadModel>[0]) =>
      llama.loadModel({ ...options, metadataOverrides: { llama: { embedding_length: 96 } } });
    const problem = /cannot load .*\.gguf: Failed to load model; .*wrong shape/;
    const refused = expect.objectContaining({ code: "backend-failed", message: expect.stringMatching(problem) });
    await expect(withModel({ cacheFolder, loadModel }, async () => {})).rejects.toEqual(refused);
  });

  it("a token outside the vocabulary fails its call alone", async () => {
    await withModel({ cacheFolder }, async (model) => {
      const [one, two] = [await model.doCreateSequence(), await model.doCreateSequence()];
      await evaluate(model, one, ids(5, 1));
      await evaluate(model, two, ids(4, 2));
      const [expectedOne, expectedTwo] = [await evaluate(model, one, ids(2, 3)), await evaluate(model, two, ids(2, 4))];
      one.doTruncate(5);
      two.doTruncate(4);
      for (const token of [257, 2 ** 31, 2 ** 32 - 1]) {
        const items = [
          { sequence: one, tokens: Uint32Array.of(1, token), want: "last" },
          { sequence: two, tokens: ids(2, 4), want: "last" },
        ] as const;
        await expect(model.doEvaluate(items, unsignalled)).rejects.toMatchObject({ code: "backend-failed" });
        expect([one.position, two.position]).toEqual([5, 4]);
      }
      expect(await evaluate(model, one, ids(2, 3))).toEqual(expectedOne);
      expect(await evaluate(model, two, ids(2, 4))).toEqual(expectedTwo);
    });
  });

  it("tokens beyond the context are refused, and nothing is forgotten for them", async () => {
    await withModel({ cacheFolder, contextLength: 10 }, async (model) => {
      const sequence = await model.doCreateSequence();
      await evaluate(model, sequence, ids(8, 1));
      await expect(evaluate(model, sequence, ids(3, 2))).rejects.toMatchObject({ code: "context-full" });
      expect(sequence.position).toBe(8);
      await evaluate(model, sequence, ids(2, 2));
      expect(sequence.position).toBe(10);
    });
  });

  it("scores that are no numbers come out as such, and nothing is drawn from them", async () => {
    const tiny = tinyLlama();
    new Float32Array(tiny.weights.tensor("model.norm.weight").bytes.buffer).fill(Number.NaN);
    await withModel({ cacheFolder, tiny }, async (model) => {
      const sequence = await model.doCreateSequence();
      const scores = await evaluate(model, sequence, ids(3, 1));
      expect(scores.every(Number.isNaN)).toBe(true);
      for (const temperature of [0, 1]) {
        const item = drawing(sequence, ids(2, 2), { temperature, steps: 3 });
        await expect(model.doEvaluate([item], unsignalled)).rejects.toMatchObject({ code: "scores-invalid" });
        expect(sequence.position).toBe(3);
      }
    });
  });

  it("says what is disposed of", async () => {
    const model = await openClassModel(tinyLlama(), { cacheFolder });
    const [one, two] = [await model.doCreateSequence(), await model.doCreateSequence()];
    one.dispose();
    const refused = { code: "disposed" };
    await expect(evaluate(model, one, ids(1, 1))).rejects.toMatchObject(refused);
    expect(() => one.doTruncate(0)).toThrowError(expect.objectContaining(refused));
    await Promise.all([model.dispose(), model.dispose()]);
    await expect(evaluate(model, two, ids(1, 1))).rejects.toMatchObject(refused);
    await expect(model.doCreateSequence()).rejects.toMatchObject(refused);
    two.dispose();
  });

  it("may be disposed of while llama.cpp goes on with what was aborted", async () => {
    const model = await openClassModel(tinyLlama({ config: { numHiddenLayers: 8 } }), { cacheFolder });
    const sequence = await model.doCreateSequence();
    const controller = new AbortController();
    const running = model.doEvaluate([{ sequence, tokens: ids(60, 1), want: "all" }], controller);
    controller.abort(new Error("no longer wanted"));
    await expect(running).rejects.toBe(controller.signal.reason);
    await model.dispose();
  });
});

describe("memory", () => {
  it("is asked for fewer sequences when it cannot hold all, and what was chosen is reported", async () => {
    const { llama } = await openRuntime("cpu");
    const tiny = tinyLlama({ config: { numHiddenLayers: 8, maxPositionEmbeddings: 2 ** 16 } });
    // f32 keys and values: 8 layers · 2 · 24 elements · 4 bytes = 1536 bytes a position, 48 MiB a sequence.
    const contextLength = 2 ** 15;
    const reported: number[] = [];
    const setup = {
      ...{ cacheFolder, tiny, contextLength, maxSequences: 8 },
      onPlacement: ({ positions }: { readonly positions: number }) => reported.push(positions),
    };
    try {
      await llama.setRamCap(200 * 2 ** 20);
      await withModel(setup, async (model) => {
        const { maxSequences } = model.capabilities;
        expect(maxSequences).toBeLessThan(8);
        expect(maxSequences).toBeGreaterThanOrEqual(1);
        expect(reported).toEqual([maxSequences * contextLength]);
        for (let index = 0; index < maxSequences; index++) await model.doCreateSequence();
        await expect(model.doCreateSequence()).rejects.toMatchObject({ code: "sequence-limit" });
      });
      await llama.setRamCap(20 * 2 ** 20);
      await expect(withModel(setup, async () => {})).rejects.toMatchObject({ code: "out-of-memory" });
    } finally {
      await llama.setRamCap(null);
    }
    await withModel(setup, async (model) => expect(model.capabilities.maxSequences).toBe(8));
  });

  it("a context that llama.cpp cannot make is refused, and nothing waits for it", async () => {
    const model = withModel({ cacheFolder, loadModel: failingContexts }, async () => {});
    await expect(model).rejects.toMatchObject({ code: "out-of-memory" });
    await withModel({ cacheFolder }, async (model) => {
      expect(await evaluate(model, await model.doCreateSequence(), ids(3, 1))).toHaveLength(257);
    });
  });
});
