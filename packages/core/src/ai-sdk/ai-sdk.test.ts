import {
  AISDKError,
  InvalidArgumentError,
  InvalidPromptError,
  type JSONObject,
  type LanguageModelV3CallOptions,
  type LanguageModelV3StreamPart,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  createProviderRegistry,
  generateObject,
  generateText,
  type ModelMessage,
  NoObjectGeneratedError,
  Output,
  streamObject,
  streamText,
  tool,
} from "ai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { cpu } from "../cpu/cpu-backend.ts";
import { BayLingError } from "../errors.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { limitedBackend } from "../testing/limited-backend.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { type BayLingProviderOptions, createBayLing, createLanguageModel } from "./index.ts";

// The AI SDK prints warnings of calls; the tests read them from the results.
globalThis.AI_SDK_LOG_WARNINGS = false;

const contextLength = 1024;
const models: Model[] = [];

async function open(options: { maxSequences?: number; contextLength?: number } = {}): Promise<Model> {
  const file = await tinyGguf((metadata) => {
    metadata.set("llama.context_length", { type: "uint32", value: contextLength });
  });
  const model = await loadModel(file, { backend: cpu(), contextLength, ...options });
  models.push(model);
  return model;
}

let model: Model;
beforeEach(async () => {
  model = await open();
});
afterEach(async () => {
  for (const each of models.splice(0)) await each.dispose();
});

function bayling(options: BayLingProviderOptions): { bayling: JSONObject } {
  return { bayling: options as JSONObject };
}

async function failure(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, but nothing was thrown");
}

describe("generateText", () => {
  it("writes what the model writes by itself", async () => {
    const result = await generateText({
      model: createLanguageModel(model, { template: "bayling" }),
      prompt: "the cat",
      maxOutputTokens: 12,
      temperature: 0.8,
      topP: 0.9,
      topK: 20,
      presencePenalty: 0.2,
      frequencyPenalty: 0.1,
      seed: 7,
    });
    const chat = await model.chat({ template: "bayling" });
    const own = chat.send("the cat", {
      maxTokens: 12,
      temperature: 0.8,
      topP: 0.9,
      topK: 20,
      presencePenalty: 0.2,
      frequencyPenalty: 0.1,
      seed: 7,
    });
    const text = await own.text();
    expect(text).not.toBe("");
    expect(result.text).toBe(text);
    expect(result.finishReason).toBe(own.finishReason === "length" ? "length" : "stop");
    expect(result.usage).toMatchObject({
      inputTokens: own.usage.promptTokens,
      outputTokens: own.usage.generatedTokens,
      totalTokens: own.usage.promptTokens + own.usage.generatedTokens,
    });
    expect(result.response.modelId).toBe(model.name);
    expect(result.response.timestamp).toBeInstanceOf(Date);
    expect(result.warnings).toEqual([]);
  });

  it("ends at stop sequences, which are no part of the text", async () => {
    const call = {
      model: createLanguageModel(model),
      prompt: "the cat",
      maxOutputTokens: 30,
      temperature: 1,
      seed: 11,
    };
    const free = (await generateText(call)).text;
    const stop = free.slice(10, 12);
    const { text, finishReason } = await generateText({ ...call, stopSequences: ["never written", stop] });
    expect(text).toBe(free.slice(0, free.indexOf(stop)));
    expect(finishReason).toBe("stop");
  });

  it("takes defaults where a call says nothing", async () => {
    const quiet = createLanguageModel(model, { id: "quiet", defaults: { maxTokens: 3, stop: "b" } });
    const { usage, response } = await generateText({ model: quiet, prompt: "the cat" });
    expect(usage.outputTokens).toBeLessThanOrEqual(3);
    expect(response.modelId).toBe("quiet");
    expect((await generateText({ model: quiet, prompt: "the cat", maxOutputTokens: 1 })).usage.outputTokens).toBe(1);
  });

  it("holds decoding to what providerOptions ask for", async () => {
    const ask = (options: BayLingProviderOptions) =>
      generateText({
        model: createLanguageModel(model),
        prompt: "the cat",
        maxOutputTokens: 40,
        providerOptions: bayling(options),
      });
    expect((await ask({ requireTerms: ["好 cat", ["sat", "sits"]] })).text).toMatch(/好 cat.*sat|sat.*好 cat|sits/s);
    expect((await ask({ keepPrefix: "b: " })).text).toMatch(/^b: /);
    expect((await ask({ matchRegularExpression: "[0-9]{4}" })).text).toMatch(/^[0-9]{4}$/);
    expect((await ask({ limitLength: { unit: "words", most: 2 } })).text.trim().split(/\s+/).length).toBeLessThan(3);
    const free = (await ask({})).text;
    const letter = [...free].find((each) => /\p{L}/u.test(each))!;
    expect((await ask({ forbid: [{ term: letter, wholeWord: false }] })).text).not.toContain(letter);
    const { providerMetadata, usage } = await ask({ beams: 2, logprobs: 2 });
    expect(usage.outputTokens).toBeLessThanOrEqual(40);
    const scored = await ask({ logprobs: 2 });
    const logprobs = scored.providerMetadata?.bayling?.logprobs as { token: number; text: string; logprob: number }[];
    expect(logprobs.map(({ text }) => text).join("")).toBe(scored.text);
    expect(logprobs.every(({ logprob }) => logprob < 0)).toBe(true);
    expect(logprobs[0]).toHaveProperty("alternatives.length", 2);
    expect(providerMetadata?.bayling?.logprobs).toBeDefined();
    expect(scored.usage.outputTokens).toBeGreaterThanOrEqual(logprobs.length);
  });

  it("reuses what was evaluated of a dialogue, with several of them at once", async () => {
    const languageModel = createLanguageModel(model);
    const dialogues: ModelMessage[][] = ["the cat sat on the mat", "你好 你好 a b c a b c"].map((content) => [
      { role: "user", content },
    ]);
    for (let turn = 0; turn < 3; turn++) {
      for (const messages of dialogues) {
        const before = model.evaluatedTokens;
        const { text, usage, response } = await generateText({
          model: languageModel,
          messages,
          temperature: 1,
          seed: 5 + turn,
          maxOutputTokens: 16,
        });
        expect(usage.inputTokens! - usage.inputTokenDetails.cacheReadTokens!).toBe(
          usage.inputTokenDetails.noCacheTokens,
        );
        // What a turn costs are its own words, and not those before.
        if (turn > 0) expect(model.evaluatedTokens - before).toBeLessThan(30);
        if (turn > 0) expect(usage.inputTokenDetails.cacheReadTokens).toBeGreaterThan(usage.inputTokens! - 14);
        messages.push(...response.messages, { role: "user", content: "and b" });
        expect(text).toBe(response.messages.flatMap(({ content }) => textsOf(content)).join(""));
      }
    }
  });

  it("lets more calls than there are sequences wait for each other", async () => {
    const small = await open({ maxSequences: 2 });
    const languageModel = createLanguageModel(small);
    const ask = (prompt: string, beams = 1) =>
      generateText({
        model: languageModel,
        prompt,
        maxOutputTokens: 6,
        maxRetries: 0,
        providerOptions: bayling({ beams }),
      });
    const alone = (await ask("cat 1")).text;
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) => ask(`cat ${index}`, index % 3 === 0 ? 2 : 1)),
    );
    expect(results[1]!.text).toBe(alone);
    expect(results).toHaveLength(12);
  });

  it("leaves out the oldest messages where not all fit, and says so", async () => {
    const small = await open({ contextLength: 128 });
    const messages: ModelMessage[] = Array.from({ length: 9 }, (_, index) => ({
      role: index % 2 === 0 ? "user" : "assistant",
      content: "the cat sat, said b",
    }));
    const { warnings } = await generateText({ model: createLanguageModel(small), messages, maxOutputTokens: 4 });
    expect(warnings).toEqual([{ type: "other", message: expect.stringMatching(/^the \d oldest messages/) }]);
    const prompt = "b".repeat(300);
    const error = await failure(() => generateText({ model: createLanguageModel(small), prompt }));
    expect(InvalidPromptError.isInstance(error)).toBe(true);
  });

  it("ends at the end of the context", async () => {
    const small = await open({ contextLength: 48 });
    const { finishReason, usage } = await generateText({
      model: createLanguageModel(small, { defaults: { ignoreEnd: true } }),
      prompt: "the cat",
    });
    expect(finishReason).toBe("length");
    expect(usage.totalTokens).toBeGreaterThanOrEqual(48);
  });

  it("stops when its signal aborts", async () => {
    const languageModel = createLanguageModel(model, { defaults: { ignoreEnd: true } });
    const aborted = AbortSignal.abort(new DOMException("enough", "AbortError"));
    await expect(generateText({ model: languageModel, prompt: "a", abortSignal: aborted })).rejects.toThrow("enough");
    const controller = new AbortController();
    const pending = generateText({
      model: languageModel,
      prompt: "a",
      abortSignal: controller.signal,
      providerOptions: bayling({ matchRegularExpression: "a*" }),
    });
    setTimeout(() => controller.abort(), 5);
    await expect(pending).rejects.toHaveProperty("name", "AbortError");
    expect((await generateText({ model: languageModel, prompt: "a", maxOutputTokens: 1 })).usage.outputTokens).toBe(1);
  });
});

function textsOf(content: unknown): string[] {
  return (content as { type: string; text: string }[]).filter(({ type }) => type === "text").map(({ text }) => text);
}

describe("streamText", () => {
  it("streams the text that generateText gives", async () => {
    const languageModel = createLanguageModel(model, { template: "bayling" });
    const call = { model: languageModel, prompt: "the cat", maxOutputTokens: 20, temperature: 1, seed: 3 };
    const whole = await generateText(call);
    const stream = streamText(call);
    const chunks: string[] = [];
    for await (const chunk of stream.textStream) chunks.push(chunk);
    expect(chunks.join("")).toBe(whole.text);
    expect(chunks.length).toBeGreaterThan(1);
    expect(await stream.finishReason).toBe(whole.finishReason);
    expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens);
    expect((await stream.request).body).toEqual({ prompt: expect.stringContaining("the cat") });
  });

  it("stops in the middle when its signal aborts, and computes nothing more", async () => {
    const controller = new AbortController();
    const stream = streamText({
      model: createLanguageModel(model),
      prompt: "the cat",
      abortSignal: controller.signal,
      providerOptions: bayling({ matchRegularExpression: "[a-z]{900}" }),
    });
    const types: string[] = [];
    for await (const part of stream.fullStream) {
      types.push(part.type);
      if (types.filter((type) => type === "text-delta").length === 3) controller.abort();
    }
    expect(types.at(-1)).toBe("abort");
    expect(types.filter((type) => type === "text-delta").length).toBeLessThan(30);
    const { evaluatedTokens } = model;
    await generateText({ model: createLanguageModel(model), prompt: "b", maxOutputTokens: 1 });
    expect(model.evaluatedTokens - evaluatedTokens).toBeLessThan(5);
  });

  it("keeps to the order of parts that the AI SDK wants", async () => {
    const parts = await read(model, { includeRawChunks: true });
    const types = parts.map(({ type }) => type).filter((type) => type !== "raw");
    expect(types.slice(0, 3)).toEqual(["stream-start", "response-metadata", "text-start"]);
    expect(new Set(types.slice(3, -2))).toEqual(new Set(["text-delta"]));
    expect(types.slice(-2)).toEqual(["text-end", "finish"]);
    expect(parts.some((part) => part.type === "raw")).toBe(true);
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: "stop", raw: "end" } });
    expect((await read(model, {})).every(({ type }) => type !== "raw")).toBe(true);
  });

  it("has no text part where there is no text", async () => {
    const parts = await read(model, { providerOptions: bayling({ matchGrammar: 'root ::= ""' }) });
    expect(parts.map(({ type }) => type)).toEqual(["stream-start", "response-metadata", "finish"]);
    const { content } = await createLanguageModel(model).doGenerate({
      prompt: prompt("a"),
      providerOptions: bayling({ matchGrammar: 'root ::= ""' }),
    });
    expect(content).toEqual([]);
  });

  it("frees its place when a reader goes away, reading or waiting", async () => {
    const small = await open({ maxSequences: 1 });
    const languageModel = createLanguageModel(small, { defaults: { ignoreEnd: true } });
    const streams = await Promise.all([1, 2, 3].map(() => languageModel.doStream({ prompt: prompt("a") })));
    const readers = streams.map(({ stream }) => stream.getReader());
    for (const reader of readers) for (let part = 0; part < 2; part++) await reader.read();
    await readers[0]!.read(); // writes, while the others wait
    const waiting = readers[1]!.read();
    await readers[1]!.cancel();
    await waiting;
    await readers[0]!.cancel();
    expect((await readers[2]!.read()).value?.type).toBe("text-start");
    await readers[2]!.cancel();
    expect((await generateText({ model: languageModel, prompt: "a", maxOutputTokens: 2 })).usage.outputTokens).toBe(2);
  });

  it("computes no more than a few tokens ahead of a slow reader", async () => {
    const { stream } = await createLanguageModel(model).doStream({
      prompt: prompt("a"),
      providerOptions: bayling({ matchRegularExpression: "[a-z]{200}" }),
    });
    const reader = stream.getReader();
    for (let part = 0; part < 5; part++) await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(model.evaluatedTokens).toBeLessThan(40);
    await reader.cancel();
  });

  it("reports what fails in the middle as a part, and finishes", async () => {
    let batches = 0;
    const file = await tinyGguf();
    const backend = limitedBackend({}, () => {
      if (++batches > 5) throw new BayLingError("backend-failed", { problem: "the device is gone" });
    });
    const broken = await loadModel(file, { backend });
    models.push(broken);
    const parts = await read(broken, { providerOptions: bayling({ matchRegularExpression: "[a-z]{30}" }) });
    expect(parts.slice(-3).map(({ type }) => type)).toEqual(["text-end", "error", "finish"]);
    expect(parts.at(-2)).toMatchObject({ error: { code: "backend-failed" } });
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: "error" } });
    batches = 0;
    const error = await failure(() =>
      generateText({
        model: createLanguageModel(broken),
        prompt: "a",
        providerOptions: bayling({ matchRegularExpression: "[a-z]{30}" }),
      }),
    );
    expect(BayLingError.isInstance(error)).toBe(true);
  });
});

function prompt(text: string): LanguageModelV3CallOptions["prompt"] {
  return [{ role: "user", content: [{ type: "text", text }] }];
}

async function read(
  of: Model,
  options: Partial<LanguageModelV3CallOptions>,
): Promise<readonly LanguageModelV3StreamPart[]> {
  const { stream } = await createLanguageModel(of).doStream({
    prompt: prompt("the cat"),
    maxOutputTokens: 40,
    providerOptions: bayling({ matchGrammar: 'root ::= "the cat sat on it"' }),
    ...options,
  });
  return collect(stream);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const schema = z.object({
  translation: z.string().max(12),
  confidence: z.enum(["high", "low"]),
  terms: z.array(z.object({ from: z.string().max(4), to: z.string().max(4) })).max(2),
  count: z.number(),
  note: z.string().max(6).nullable(),
});

describe("objects", () => {
  it("follow their schema, also where the model writes noise", async () => {
    for (const seed of [1, 2, 3]) {
      const { object, finishReason, warnings } = await generateObject({
        model: createLanguageModel(model),
        schema,
        prompt: "the cat",
        temperature: 1.5,
        seed,
      });
      expect(schema.parse(object)).toEqual(object);
      expect(finishReason).toBe("stop");
      expect(warnings).toEqual([]);
    }
  });

  it("are complete in the tokens that there are", async () => {
    const small = await open({ contextLength: 256 });
    const long = z.object({ text: z.string(), more: z.array(z.string()) });
    for (const room of [{ maxOutputTokens: 40 }, { maxOutputTokens: 60 }, {}]) {
      const { object, usage } = await generateObject({
        model: createLanguageModel(small),
        schema: long,
        prompt: "the cat",
        temperature: 2,
        seed: 9,
        ...room,
      });
      expect(long.parse(object)).toEqual(object);
      expect(usage.outputTokens).toBeLessThanOrEqual(room.maxOutputTokens ?? 256);
    }
  });

  it("stream in parts that grow", async () => {
    const { partialObjectStream, object } = streamObject({
      model: createLanguageModel(model),
      schema,
      prompt: "the cat",
      temperature: 1,
      seed: 4,
    });
    const partial = await collect(partialObjectStream);
    expect(partial.length).toBeGreaterThan(1);
    expect(partial.at(-1)).toEqual(await object);
    expect(schema.parse(await object)).toEqual(await object);
  });

  it("come from generateText and streamText with an output", async () => {
    const call = { model: createLanguageModel(model), prompt: "the cat", temperature: 1, seed: 4 };
    const { output } = await generateText({ ...call, output: Output.object({ schema }) });
    expect(schema.parse(output)).toEqual(output);
    const stream = streamText({ ...call, output: Output.object({ schema }) });
    expect((await collect(stream.partialOutputStream)).at(-1)).toEqual(output);
    const { output: chosen } = await generateText({ ...call, output: Output.choice({ options: ["cat", "dog"] }) });
    expect(["cat", "dog"]).toContain(chosen);
    const element = z.object({ b: z.boolean() });
    const list = await generateText({ ...call, maxOutputTokens: 60, output: Output.array({ element }) });
    expect(z.array(element).parse(list.output)).toEqual(list.output);
  });

  it("need no schema", async () => {
    const { object } = await generateObject({
      model: createLanguageModel(model),
      output: "no-schema",
      prompt: "the cat",
      temperature: 1,
      seed: 4,
      maxOutputTokens: 40,
    });
    expect(typeof object).toBe("object");
  });

  it("leave to the AI SDK what decoding cannot enforce, and say so", async () => {
    const strict = z.object({
      age: z.number().min(3).max(1e6),
      count: z.int(),
      code: z
        .string()
        .min(9)
        .regex(/^[ab]{3}$/),
      kind: z.discriminatedUnion("type", [z.object({ type: z.literal("a") }), z.object({ type: z.literal("b") })]),
      scores: z.record(z.string().max(2), z.boolean()),
    });
    const languageModel = createLanguageModel(model);
    const { schema: json } = await captureSchema(strict);
    const { content, warnings } = await languageModel.doGenerate({
      prompt: prompt("the cat"),
      responseFormat: { type: "json", schema: json },
      maxOutputTokens: 150,
    });
    expect(warnings).toEqual([
      {
        type: "compatibility",
        feature: "responseFormat.schema",
        details:
          "decoding does not enforce #/properties/age/minimum, #/properties/age/maximum, " +
          "#/properties/code/minLength, #/properties/scores/propertyNames",
      },
    ]);
    const part = content[0]!;
    const value = JSON.parse(part.type === "text" ? part.text : "");
    expect(["a", "b"]).toContain(value.kind.type);
    expect(value.code).toMatch(/^[ab]{3}$/);
    expect(Number.isInteger(value.count)).toBe(true);
    const least = z.object({ age: z.number().min(1e16) });
    const error = await failure(() =>
      generateObject({ model: languageModel, schema: least, prompt: "a", maxOutputTokens: 60 }),
    );
    expect(NoObjectGeneratedError.isInstance(error)).toBe(true);
  });

  it("are refused where their schema means something else without what is not supported", async () => {
    const pair = z.object({ pair: z.tuple([z.string(), z.number()]) });
    const error = await failure(() => generateObject({ model: createLanguageModel(model), schema: pair, prompt: "a" }));
    expect(UnsupportedFunctionalityError.isInstance(error)).toBe(true);
    expect(error).toHaveProperty("functionality", "JSON schema #/properties/pair/additionalItems");
  });
});

/** What the AI SDK makes of a schema. */
async function captureSchema(of: z.ZodType): Promise<{ schema: never }> {
  const { asSchema } = await import("ai");
  return { schema: (await asSchema(of).jsonSchema) as never };
}

describe("what is not supported", () => {
  const weather = tool({ inputSchema: z.object({ city: z.string() }), execute: ({ city }) => `sun in ${city}` });

  it("is warned of where the reply can be right without it", async () => {
    const { warnings } = await generateText({
      model: createLanguageModel(model),
      prompt: "a",
      tools: { weather },
      maxOutputTokens: 2,
    });
    expect(warnings).toEqual([expect.objectContaining({ type: "unsupported", feature: "tools" })]);
    const thought = await generateText({
      model: createLanguageModel(model),
      messages: [
        { role: "user", content: "a" },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "hm" },
            { type: "text", text: "b" },
          ],
        },
        { role: "user", content: "c" },
      ],
      maxOutputTokens: 2,
    });
    expect(thought.warnings).toEqual([expect.objectContaining({ feature: "reasoning parts" })]);
  });

  it("is refused where it cannot", async () => {
    const languageModel = createLanguageModel(model);
    const image = { type: "file", mediaType: "image/png", data: new Uint8Array([1]) } as const;
    const calls: (() => unknown)[] = [
      () => generateText({ model: languageModel, prompt: "a", tools: { weather }, toolChoice: "required" }),
      () => generateText({ model: languageModel, messages: [{ role: "user", content: [image] }] }),
      () =>
        languageModel.doGenerate({
          prompt: [
            ...prompt("a"),
            { role: "assistant", content: [{ type: "tool-call", toolCallId: "1", toolName: "weather", input: {} }] },
          ],
        }),
      () =>
        languageModel.doStream({
          prompt: [
            ...prompt("a"),
            {
              role: "tool",
              content: [
                { type: "tool-result", toolCallId: "1", toolName: "weather", output: { type: "text", value: "b" } },
              ],
            },
          ],
        }),
    ];
    for (const call of calls) expect(UnsupportedFunctionalityError.isInstance(await failure(call))).toBe(true);
  });
});

describe("errors", () => {
  const wrongCalls: readonly (readonly [string, Partial<LanguageModelV3CallOptions>])[] = [
    ["temperature", { temperature: -1 }],
    ["topP", { topP: 2 }],
    ["topK", { topK: 1.5 }],
    ["maxOutputTokens", { maxOutputTokens: 0 }],
    ["stopSequences", { stopSequences: [""] }],
    ["seed", { seed: 0.5 }],
    ["minP", { providerOptions: bayling({ minP: 7 }) }],
    ["beams", { providerOptions: bayling({ beams: 10_000 }) }],
    ["temperature", { temperature: 1, providerOptions: bayling({ beams: 2 }) }],
    ["providerOptions.bayling", { providerOptions: { bayling: { requiredTerms: ["a"] } } }],
    ["providerOptions.bayling", { providerOptions: bayling({ matchGrammar: "root ::= (" }) }],
    ["logitBias", { providerOptions: bayling({ logitBias: { 99999: 1 } }) }],
  ];

  it.each(wrongCalls)("name the argument %s", async (argument, options) => {
    const languageModel = createLanguageModel(model);
    const call: LanguageModelV3CallOptions = { prompt: prompt("a"), ...options };
    for (const begin of [() => languageModel.doGenerate(call), () => languageModel.doStream(call)]) {
      const error = await failure(begin);
      expect(InvalidArgumentError.isInstance(error)).toBe(true);
      expect(AISDKError.isInstance(error)).toBe(true);
      expect(UnsupportedFunctionalityError.isInstance(error)).toBe(false);
      expect(error).toHaveProperty("argument", argument);
      expect(BayLingError.isInstance((error as Error).cause)).toBe(true);
    }
  });

  it("tell of rules that cannot be kept", async () => {
    const schema = z.object({ name: z.string().min(20) });
    const call = { model: createLanguageModel(model), prompt: "a", schema, maxOutputTokens: 5 };
    const error = await failure(() => generateObject(call));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error).toHaveProperty("argument", "maxOutputTokens");
    const both = bayling({ requireTerms: ["cat"], forbid: ["cat"] });
    const torn = await failure(() => generateText({ model: call.model, prompt: "a", providerOptions: both }));
    expect(InvalidArgumentError.isInstance(torn)).toBe(true);
    expect(torn).toHaveProperty("argument", "constraints");
  });

  it("are ours or the AI SDK's, whatever JavaScript passes", async () => {
    const wrong = [
      null,
      true,
      Number.NaN,
      -1,
      1.5,
      2 ** 53,
      5n,
      "",
      "x",
      () => 1,
      {},
      [],
      [null],
      new Array(5),
      { a: 1n },
    ];
    const options = ["maxOutputTokens", "temperature", "stopSequences", "topP", "topK", "seed", "presencePenalty"];
    const own = [
      ...["requireTerms", "forbid", "keepPrefix", "matchGrammar", "matchRegularExpression", "limitLength", "logitBias"],
      ...["minP", "beams", "logprobs", "penaltyWindow", "ignoreEnd", "lengthPenalty", "earlyStopping", "__proto__"],
    ];
    const schemas = ["type", "properties", "required", "enum", "oneOf", "anyOf", "$ref", "pattern", "items", "minimum"];
    const survives = async (options: object) => {
      const call = { prompt: prompt("a"), maxOutputTokens: 2, ...options };
      const error = await createLanguageModel(model)
        .doGenerate(call as LanguageModelV3CallOptions)
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      if (error !== undefined)
        expect([error, AISDKError.isInstance(error) || BayLingError.isInstance(error)]).toEqual([error, true]);
    };
    for (const value of wrong) {
      for (const name of options) await survives({ [name]: value });
      for (const name of own) await survives({ providerOptions: { bayling: { [name]: value } } });
      for (const name of schemas) await survives({ responseFormat: { type: "json", schema: { [name]: value } } });
      await survives({ providerOptions: { bayling: value } });
      await survives({ responseFormat: { type: "json", schema: value } });
    }
  });

  it("tell of prompts that are no dialogue", async () => {
    const languageModel = createLanguageModel(model);
    for (const wrong of [
      [],
      [{ role: "assistant" as const, content: [{ type: "text" as const, text: "a" }] }],
      [...prompt("a"), { role: "system" as const, content: "b" }],
    ]) {
      const error = await failure(() => languageModel.doGenerate({ prompt: wrong }));
      expect(InvalidPromptError.isInstance(error)).toBe(true);
      expect(error).toHaveProperty("prompt", wrong);
    }
  });

  it("leave the reply of a dialogue that ends with the assistant to be continued by nobody", async () => {
    const messages: ModelMessage[] = [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
    ];
    const error = await failure(() => generateText({ model: createLanguageModel(model), messages }));
    expect(InvalidPromptError.isInstance(error)).toBe(true);
  });

  it("come out as they are where a model is gone", async () => {
    const languageModel = createLanguageModel(model);
    await model.dispose();
    const error = await failure(() => generateText({ model: languageModel, prompt: "a" }));
    expect(error).toHaveProperty("code", "disposed");
  });

  it("name what is no model", async () => {
    for (const wrong of [undefined, null, {}, "model.gguf"]) {
      expect(await failure(() => createLanguageModel(wrong as never))).toHaveProperty("code", "argument-invalid");
    }
    const error = await failure(() => createLanguageModel(() => ({}) as never).doGenerate({ prompt: prompt("a") }));
    expect(error).toHaveProperty("argument", "model");
  });
});

describe("a provider", () => {
  it("has models by id, and loads them when they are first asked", async () => {
    let loaded = 0;
    const provider = createBayLing({
      models: {
        small: model,
        later: async () => {
          if (++loaded === 1) throw new Error("no network");
          return open();
        },
      },
    });
    const call = { prompt: "a", maxOutputTokens: 2, maxRetries: 0 };
    expect((await generateText({ model: provider("small"), ...call })).response.modelId).toBe("small");
    expect(loaded).toBe(0);
    await expect(generateText({ model: provider("later"), ...call })).rejects.toThrow("no network");
    const answers = await Promise.all([1, 2, 3].map(() => generateText({ model: provider("later"), ...call })));
    expect(answers.map(({ response }) => response.modelId)).toEqual(["later", "later", "later"]);
    expect(loaded).toBe(2);
  });

  it("goes into a registry of the AI SDK", async () => {
    const registry = createProviderRegistry({ bayling: createBayLing({ models: { small: model } }) });
    const languageModel = registry.languageModel("bayling:small");
    expect((await generateText({ model: languageModel, prompt: "a", maxOutputTokens: 2 })).text).toBeTypeOf("string");
    expect(NoSuchModelError.isInstance(await failure(() => registry.languageModel("bayling:large")))).toBe(true);
  });

  it("knows no other kinds of models", async () => {
    const provider = createBayLing({ models: {} });
    for (const wrong of [() => provider("a"), () => provider.embeddingModel("a"), () => provider.imageModel("a")]) {
      const error = await failure(wrong);
      expect(NoSuchModelError.isInstance(error)).toBe(true);
      expect(error).toHaveProperty("modelId", "a");
    }
    expect(() => createBayLing({ models: { constructor: model } })("toString")).toThrow("No such languageModel");
  });
});
