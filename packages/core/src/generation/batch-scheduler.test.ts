import { describe, expect, it } from "vitest";
import type { BackendModel } from "../backend/backend.ts";
import { cpu } from "../cpu/cpu-backend.ts";
import { maskOf } from "../sampling/token-mask.ts";
import { expectError } from "../testing/expect-error.ts";
import { bareCapabilities, limitedBackend } from "../testing/limited-backend.ts";
import { tinyModel } from "../testing/tiny-model.ts";

const prompt = [1, 260, 265, 266];
const macrotask = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A model on a CPU backend that `change` tampers with. */
function tamperedModel(change: (loaded: BackendModel) => BackendModel) {
  const whole = cpu();
  return tinyModel({ backend: { ...whole, doLoad: async (...parts) => change(await whole.doLoad(...parts)) } });
}

describe("BatchScheduler", () => {
  it("evaluates sequences together that began apart and whose readers take their time", async () => {
    const sizes: number[] = [];
    const model = await tamperedModel((loaded) => ({
      capabilities: loaded.capabilities,
      doCreateSequence: () => loaded.doCreateSequence(),
      doEvaluate: (batch, options) => {
        sizes.push(batch.length);
        return loaded.doEvaluate(batch, options);
      },
      dispose: () => loaded.dispose(),
    }));
    const count = 30;
    const read = async (index: number) => {
      for (let wait = 0; wait < index; wait++) await macrotask();
      for await (const _ of model.generate([1, 40 + index], { maxTokens: count, ignoreEnd: true, logprobs: 0 })) {
        for (let pause = 0; pause < 7 * index; pause++) await undefined;
      }
    };
    await Promise.all([0, 1, 2, 3].map(read));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(4 * count);
    // What ran while not all had begun, or some had ended, is the rest.
    expect(sizes.filter((size) => size === 4).length).toBeGreaterThan(count / 2);
    await model.dispose();
  });

  it("lets work that cannot succeed fail alone", async () => {
    const model = await tinyModel();
    const forbidden = new Map(Array.from({ length: model.config.vocabularySize }, (_, id) => [id, -Infinity] as const));
    const options = { maxTokens: 5, ignoreEnd: true };
    const alone = await model.generate([1, 40, 41], options).text();
    const [bad, good] = await Promise.allSettled([
      model.generate(prompt, { ...options, logitBias: forbidden }).text(),
      model.generate([1, 40, 41], options).text(),
    ]);
    expect(bad).toMatchObject({ status: "rejected", reason: { code: "scores-invalid" } });
    expect(good).toEqual({ status: "fulfilled", value: alone });
    await model.dispose();
  });

  it("leaves a long prompt where it is when the model is disposed", async () => {
    let batches = 0;
    const backend = limitedBackend({ maxBatchTokens: 2 }, async () => {
      batches++;
      await macrotask();
    });
    const model = await tinyModel({ backend });
    const sequence = await model.createSequence();
    const failing = expectError("disposed", () => sequence.evaluate(new Array<number>(90).fill(5)));
    await macrotask();
    const before = batches;
    await model.dispose();
    await failing;
    expect(batches).toBeLessThanOrEqual(before + 1);
  });

  it("aborts the batch that runs when the model is disposed", async () => {
    const model = await tamperedModel((loaded) => ({
      capabilities: loaded.capabilities,
      doCreateSequence: () => loaded.doCreateSequence(),
      doEvaluate: (_, { signal }) =>
        new Promise((_resolve, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
      dispose: () => loaded.dispose(),
    }));
    const work = [undefined, new AbortController().signal].map(async (signal) => {
      const sequence = await model.createSequence();
      await expectError("disposed", () => sequence.evaluate(prompt, { signal }));
    });
    await macrotask();
    await model.dispose();
    await Promise.all(work);
  });

  it("goes on after a backend that cannot even put a sequence back", async () => {
    let lost = false;
    const model = await tamperedModel((loaded) => ({
      capabilities: loaded.capabilities,
      async doCreateSequence() {
        const sequence = await loaded.doCreateSequence();
        const truncate = sequence.doTruncate.bind(sequence);
        sequence.doTruncate = (position) => {
          if (lost) throw new Error("lost");
          truncate(position);
        };
        return sequence;
      },
      async doEvaluate(...batch) {
        const results = await loaded.doEvaluate(...batch);
        if (lost) throw new Error("lost");
        return results;
      },
      dispose: () => loaded.dispose(),
    }));
    const [first, second] = [await model.createSequence(), await model.createSequence()];
    lost = true;
    await expectError("backend-failed", () => first.evaluate(prompt));
    lost = false;
    await expectError("backend-contract-violated", () => first.evaluate([5]));
    expect((await second.evaluate(prompt)).length).toBe(model.config.vocabularySize);
    await model.dispose();
  });

  it("says what a result lacks", async () => {
    const model = await tamperedModel((loaded) => ({
      capabilities: loaded.capabilities,
      doCreateSequence: () => loaded.doCreateSequence(),
      doEvaluate: async (...batch) => (await loaded.doEvaluate(...batch)).map(() => ({})),
      dispose: () => loaded.dispose(),
    }));
    const sequence = await model.createSequence();
    await sequence.evaluate([1], { want: "none" });
    for (const want of ["last", "all", "embedding", { top: 1 }] as const) {
      const error = await expectError("backend-contract-violated", () => sequence.evaluate([3], { want }));
      expect(error.expected).toBe(typeof want === "object" ? "top" : want === "embedding" ? want : "scores");
    }
    expect(sequence.tokens).toEqual([1]);
    await expectError("backend-contract-violated", () => model.generate(prompt).text());
    await model.dispose();
  });

  it.each([
    ["masks", {}],
    ["no masks", bareCapabilities],
    ["masks and small batches", { maxBatchTokens: 3 }],
  ])("masks the same rows with %s", async (_, limits) => {
    const model = await tinyModel({ backend: limitedBackend(limits) });
    const sequence = await model.createSequence();
    const mask = maskOf(model.config.vocabularySize, [5, 9]);
    const all = await sequence.evaluate([1, 5, 6, 7, 8], { want: "all", mask });
    expect(all.includes(-Infinity)).toBe(false);
    const last = await sequence.evaluate([1, 5, 6, 7, 8], { mask });
    expect(last.filter((score) => score !== -Infinity).length).toBe(2);
    await model.dispose();
  });
});
