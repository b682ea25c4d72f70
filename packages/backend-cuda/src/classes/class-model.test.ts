import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { BackendSequence } from "@bayling/core/backend";
import { describe, expect, it } from "vitest";
import type { LlamaRuntime } from "../llama-runtime.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { drawing, evaluate, ids, scoring, unsignalled, withModel } from "./testing/model-calls.ts";
import { openClassModel } from "./testing/open-class-model.ts";

const cacheFolder = temporaryFolder();

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
    await withModel({ cacheFolder, loadModel: watchBatches(batches) }, async (model) => {
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
    await withModel({ cacheFolder, loadModel: watchBatches(batches) }, async (model) => {
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
    await withModel({ cacheFolder, contextLength: 1024 }, async (model) => {
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
    await withModel({ cacheFolder, tiny, contextLength: 160 }, async (model) => {
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
    await withModel({ cacheFolder, tiny }, async (model) => {
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
    await withModel({ cacheFolder, tiny }, async (model) => {
      expect(await evaluate(model, await model.doCreateSequence(), ids(3, 1))).toHaveLength(257);
    });
  });
});
