import { type TinyLlama, tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { BackendModel, BackendSequence, BatchItem } from "@bayling/core/backend";
import { LlamaLogLevel } from "node-llama-cpp";
import { describe, expect, it } from "vitest";
import type { LlamaRuntime } from "../llama-runtime.ts";
import { openRuntime } from "../open-runtime.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openClassModel } from "./testing/open-class-model.ts";

const cacheFolder = temporaryFolder();
const unsignalled = { signal: undefined };

function ids(length: number, seed: number): Uint32Array {
  return Uint32Array.from({ length }, (_, index) => (seed * 37 + index * 11) % 257);
}

async function evaluate(model: BackendModel, sequence: BackendSequence, tokens: Uint32Array): Promise<Float32Array> {
  const [result] = await model.doEvaluate([scoring(sequence, tokens)], unsignalled);
  return result!.scores!;
}

function scoring(sequence: BackendSequence, tokens: Uint32Array): BatchItem {
  return { sequence, tokens, want: "last" };
}

function drawing(
  sequence: BackendSequence,
  tokens: Uint32Array,
  { temperature, steps }: { readonly temperature: number; readonly steps: number },
): BatchItem {
  const spec = {
    ...{ temperature, topK: 0, topP: 1, minP: 0, seed: 5, logitBias: new Map<number, number>() },
    ...{ repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0, penaltyWindow: 64 },
  };
  return { sequence, tokens, want: "none", sample: { spec, history: tokens, steps, stopTokens: [] } };
}

async function withModel(
  setup: Partial<Parameters<typeof openClassModel>[1]> & { readonly tiny?: TinyLlama },
  use: (model: BackendModel) => Promise<void>,
): Promise<void> {
  const { tiny = tinyLlama(), ...rest } = setup;
  const model = await openClassModel(tiny, { cacheFolder, ...rest });
  try {
    await use(model);
  } finally {
    await model.dispose();
  }
}

/** Writes down the batches that node-llama-cpp makes: how many tokens of each sequence. */
function watchBatches(batches: number[][]) {
  return (llama: LlamaRuntime["llama"]): LlamaRuntime["llama"]["loadModel"] =>
    async (options) => {
      const model = await llama.loadModel(options);
      const create = model.createContext.bind(model);
      model.createContext = (given) => {
        const { itemPrioritizationStrategy: strategy } = given!.batching!;
        expect(strategy).toBe("firstInFirstOut");
        const watch = ({ items }: { items: readonly { readonly tokens: readonly number[] }[] }) => {
          batches.push(items.map(({ tokens }) => tokens.length));
          return items.map((item) => ({ item: item as never, processAmount: item.tokens.length }));
        };
        return create({ ...given, batching: { itemPrioritizationStrategy: watch } });
      };
      return model;
    };
}

describe("batches", () => {
  it("all sequences of a call share one, in llama.cpp's order", async () => {
    const batches: number[][] = [];
    await withModel({ loadModel: watchBatches(batches) }, async (model) => {
      const sequences: BackendSequence[] = [];
      for (let index = 0; index < 4; index++) sequences.push(await model.doCreateSequence());
      const wants = ["last", "none", "all", "none"] as const;
      const items = sequences.map((sequence, index) => {
        return { sequence, tokens: ids(index + 1, index), want: wants[index]! };
      });
      const results = await model.doEvaluate(items.toReversed(), unsignalled);
      expect(batches).toEqual([[1, 2, 3, 4]]);
      expect(results.map(({ scores }) => scores?.length)).toEqual([undefined, 3 * 257, undefined, 257]);
      await model.doEvaluate(items.slice(0, 3), unsignalled);
      expect(batches.slice(1)).toEqual([[1, 2, 3]]);
    });
  });
});

describe("draws", () => {
  it("the best tokens are those of the scores, in steps and beside scores", async () => {
    const batches: number[][] = [];
    await withModel({ loadModel: watchBatches(batches) }, async (model) => {
      const [one, two] = [await model.doCreateSequence(), await model.doCreateSequence()];
      const items = [drawing(one, ids(4, 1), { temperature: 0, steps: 5 }), scoring(two, ids(3, 2))] as const;
      const [{ sampled } = {}, { scores } = {}] = await model.doEvaluate(items, unsignalled);
      expect(batches).toEqual([[4, 3], [1], [1], [1], [1]]);
      expect([one.position, two.position]).toEqual([8, 3]);
      one.doTruncate(0);
      two.doTruncate(0);
      const expected: number[] = [];
      let tokens = ids(4, 1);
      while (expected.length < 5) {
        const row = await evaluate(model, one, tokens);
        expected.push(row.indexOf(Math.max(...row)));
        tokens = Uint32Array.of(expected.at(-1)!);
      }
      expect([...sampled!]).toEqual(expected);
      const alone = await evaluate(model, two, ids(3, 2));
      expect(scores!.indexOf(Math.max(...scores!))).toBe(alone.indexOf(Math.max(...alone)));
    });
  });

  it("an abort between the steps takes all of them back", async () => {
    await withModel({ contextLength: 1024 }, async (model) => {
      const sequence = await model.doCreateSequence();
      await evaluate(model, sequence, ids(4, 1));
      const expected = await evaluate(model, sequence, ids(2, 2));
      sequence.doTruncate(4);
      const controller = new AbortController();
      const item = drawing(sequence, ids(2, 2), { temperature: 0, steps: 1000 });
      const running = model.doEvaluate([item], controller);
      setTimeout(() => controller.abort(new Error("no longer wanted")), 8);
      await expect(running).rejects.toThrow("no longer wanted");
      expect(sequence.position).toBe(4);
      expect(await evaluate(model, sequence, ids(2, 2))).toEqual(expected);
    });
  });
});

describe("aborts", () => {
  const tiny = tinyLlama({ config: { numHiddenLayers: 8, hiddenSize: 256, intermediateSize: 1024, headSize: 64 } });

  it("does not wait for llama.cpp, and takes back what it went on with", async () => {
    await withModel({ tiny, contextLength: 160 }, async (model) => {
      const fresh = await model.doCreateSequence();
      await evaluate(model, fresh, ids(9, 1));
      const expected = await evaluate(model, fresh, ids(3, 2));

      const [one, two] = [await model.doCreateSequence(), await model.doCreateSequence()];
      await evaluate(model, one, ids(9, 1));
      let finished = false;
      const controller = new AbortController();
      const long = [
        { sequence: one, tokens: ids(64, 3), want: "last" },
        { sequence: two, tokens: ids(64, 4), want: "last" },
      ] as const;
      const running = model.doEvaluate(long, controller).finally(() => {
        finished = true;
      });
      const settled = Promise.allSettled([running]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(finished, "the batch is long enough to be aborted").toBe(false);
      const reason = new Error("no longer wanted");
      controller.abort(reason);
      await Promise.resolve();
      expect(await settled).toEqual([{ status: "rejected", reason }]);
      expect([one.position, two.position]).toEqual([9, 0]);
      expect(await evaluate(model, one, ids(3, 2))).toEqual(expected);
      two.dispose();
    });
  });

  it("one at any moment leaves what was there", async () => {
    await withModel({ tiny }, async (model) => {
      const sequence = await model.doCreateSequence();
      const expected = await evaluate(model, sequence, ids(7, 1));
      let aborted = 0;
      for (let round = 0; round < 60; round++) {
        sequence.doTruncate(round % 7);
        const controller = new AbortController();
        const tokens = ids(7, 1).subarray(round % 7);
        const running = model.doEvaluate([scoring(sequence, tokens)], controller);
        setTimeout(() => controller.abort(), (round * 7) % 12);
        await running.catch((error) => {
          expect(error).toBe(controller.signal.reason);
          expect(sequence.position).toBe(round % 7);
          aborted++;
        });
      }
      expect(aborted).toBeGreaterThan(5);
      sequence.doTruncate(0);
      expect(await evaluate(model, sequence, ids(7, 1))).toEqual(expected);
    });
  });

  it("a load stops, and the next one succeeds", async () => {
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    const onProgress = () => controller.abort(reason);
    const loading = openClassModel(tiny, { cacheFolder, onProgress, signal: controller.signal });
    await expect(loading).rejects.toBe(reason);
    await withModel({ tiny }, async (model) => {
      expect(await evaluate(model, await model.doCreateSequence(), ids(3, 1))).toHaveLength(257);
    });
  });
});

describe("failures", () => {
  it("a token outside the vocabulary fails its call alone", async () => {
    const { llama } = await openRuntime("cpu");
    const { logLevel } = llama;
    await withModel({}, async (model) => {
      const [one, two] = [await model.doCreateSequence(), await model.doCreateSequence()];
      await evaluate(model, one, ids(5, 1));
      await evaluate(model, two, ids(4, 2));
      const [expectedOne, expectedTwo] = [await evaluate(model, one, ids(2, 3)), await evaluate(model, two, ids(2, 4))];
      one.doTruncate(5);
      two.doTruncate(4);
      llama.logLevel = LlamaLogLevel.disabled; // llama.cpp says what it refuses
      for (const token of [257, 2 ** 31, 2 ** 32 - 1]) {
        const items = [
          { sequence: one, tokens: Uint32Array.of(1, token), want: "last" },
          { sequence: two, tokens: ids(2, 4), want: "last" },
        ] as const;
        await expect(model.doEvaluate(items, unsignalled)).rejects.toMatchObject({ code: "backend-failed" });
        expect([one.position, two.position]).toEqual([5, 4]);
      }
      llama.logLevel = logLevel;
      expect(await evaluate(model, one, ids(2, 3))).toEqual(expectedOne);
      expect(await evaluate(model, two, ids(2, 4))).toEqual(expectedTwo);
    });
    llama.logLevel = logLevel;
  });

  it("tokens beyond the context are refused, and nothing is forgotten for them", async () => {
    await withModel({ contextLength: 10 }, async (model) => {
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
    await withModel({ tiny }, async (model) => {
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
      ...{ tiny, contextLength, maxSequences: 8 },
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
});
