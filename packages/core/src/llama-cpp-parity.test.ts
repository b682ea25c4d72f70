import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "./cpu/cpu-backend.ts";
import { loadModel } from "./load-model.ts";
import type { Model } from "./model.ts";
import { sharedFixture } from "./testing/shared-fixtures.ts";

const path = sharedFixture("fixtures/stories260K.gguf");
const published =
  ", there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.";

/** The same, by llama.cpp: one thread, f32 KV cache, no flash attention. */
async function greedyByLlamaCpp(modelPath: string, prompt: string, count: number): Promise<number[]> {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize: 512, threads: 1, batchSize: 64 });
  const tokens: number[] = [];
  const input = [model.tokens.bos!, ...model.tokenize(prompt, false)];
  for await (const token of context.getSequence().evaluate(input, { temperature: 0 })) {
    tokens.push(token);
    if (tokens.length === count) break;
  }
  await llama.dispose();
  return tokens;
}

describe.skipIf(path === undefined)("stories260K", () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(path!, { backend: cpu() });
  });
  afterAll(() => model.dispose());

  it("tells the story as it was published", async () => {
    const text = await model.generate("Once upon a time", { maxTokens: 80 }).text();
    expect(text.startsWith(published)).toBe(true);
  });

  it("chooses the same 200 tokens as llama.cpp", async () => {
    const tokens: number[] = [];
    for await (const { token } of model.generate("Once upon a time", { maxTokens: 200, ignoreEnd: true })) {
      tokens.push(token);
    }
    expect(tokens).toEqual(await greedyByLlamaCpp(path!, "Once upon a time", 200));
  });
});
