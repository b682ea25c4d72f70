import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { loadModel } from "@bayling/core";
import { expect, it } from "vitest";
import { cuda } from "./cuda.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const folder = temporaryFolder();

it("500 aborted generations leave a model that writes as before, and no memory behind", async () => {
  const path = `${folder}/tiny.gguf`;
  await writeTinyLlama(path, { config: { numHiddenLayers: 4, hiddenSize: 96, intermediateSize: 256 } });
  const backend = cuda({ device: "cpu", threads: 1, cacheFolder: folder });
  const model = await loadModel(path, { backend, contextLength: 256, maxSequences: 4 });
  const options = { temperature: 0, maxTokens: 24, ignoreEnd: true };
  const write = (signal?: AbortSignal) => model.generate("once upon a time", { ...options, signal }).text();
  const expected = await write();
  const started = performance.now();
  await write();
  const duration = performance.now() - started;

  let aborted = 0;
  const abortUntil = async (count: number) => {
    while (aborted < count) {
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      const timer = setTimeout(() => controller.abort(reason), Math.random() * duration);
      try {
        expect(await write(controller.signal)).toBe(expected);
      } catch (error) {
        expect(error).toBe(reason);
        aborted++;
      }
      clearTimeout(timer);
    }
  };
  await abortUntil(100); // what is allocated once
  const before = process.memoryUsage().rss;
  await abortUntil(500);
  const grown = process.memoryUsage().rss - before;
  expect(await write()).toBe(expected);
  expect(grown).toBeLessThan(32 * 2 ** 20);
  await model.dispose();
});
