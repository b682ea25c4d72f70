import { generateObject, generateText, streamText } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { cpu } from "../cpu/cpu-backend.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { createLanguageModel } from "./index.ts";

let model: Model;
beforeAll(async () => {
  const file = await tinyGguf((metadata) => metadata.set("llama.context_length", { type: "uint32", value: 1024 }));
  model = await loadModel(file, { backend: cpu() });
});
afterAll(() => model.dispose());

describe("the AI SDK in a page", () => {
  it("writes texts, whole and streamed", async () => {
    const call = {
      model: createLanguageModel(model),
      ...{ prompt: "the cat", maxOutputTokens: 16, temperature: 1, seed: 3 },
    };
    const { text } = await generateText(call);
    const stream = streamText(call);
    let streamed = "";
    for await (const chunk of stream.textStream) streamed += chunk;
    expect(streamed).toBe(text);
    expect((await stream.usage).outputTokens).toBeGreaterThan(1);
  });

  it("writes objects that follow a schema", async () => {
    const schema = z.object({ word: z.string().max(8), kind: z.enum(["noun", "verb"]) });
    const call = { model: createLanguageModel(model), schema, prompt: "the cat", temperature: 1.5, seed: 3 };
    const { object } = await generateObject(call);
    expect(schema.parse(object)).toEqual(object);
  });
});
