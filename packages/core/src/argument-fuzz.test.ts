import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "./cpu/cpu-backend.ts";
import { BayLingError } from "./errors.ts";
import { readGguf } from "./formats/gguf-reader.ts";
import type { GenerateOptions } from "./generation/generation-options.ts";
import { loadModel } from "./load-model.ts";
import type { Model } from "./model.ts";
import { failure } from "./testing/gguf-bytes.ts";
import { tinyGguf, tinyModel } from "./testing/tiny-model.ts";
import { loadTokenizer } from "./tokenizer/load-tokenizer.ts";

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

/** What JavaScript lets people pass, whatever the types say. */
// biome-ignore lint/suspicious/noExplicitAny: wrong types are what is tested
const wrong: readonly any[] = [
  ...[null, true, Number.NaN, Infinity, -Infinity, -1, 1.5, 2 ** 32, 2 ** 53, 1e308, 5n, "", "x", "5", Symbol("s")],
  ...[() => 1, /x/, new Date(0), Promise.resolve(1), new Map([["x", "y"]]), new Set([1])],
  ...[{}, Object.create(null), cyclic, { a: 1n }, { 1: "x" }, { "-1": 1 }, { keep: null }, { keep: 1n }],
  ...[[], [null], new Array(5), [Number.NaN], [1n], [Symbol("s")], ["x"]],
  ...[new Uint8Array(3), new Uint32Array(9), Float64Array.of(1.5), BigUint64Array.of(1n)],
  ...[{ length: -1 }, { length: Number.NaN }, { length: 0.5 }, { length: 1e9 }, { length: "3", 0: 1, 1: 2, 2: 3 }],
  ...[{ top: Number.NaN }, { top: 1e12 }, { top: 1, ids: 5 }, { top: 1, ids: [Number.NaN] }, { top: 1, ids: "abc" }],
];

/** Success or an error of ours. Anything else fails the test, and what never ends runs into its time limit. */
async function survives(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!BayLingError.isInstance(error)) throw error;
  }
}

let model: Model;
beforeAll(async () => {
  model = await tinyModel();
});
afterAll(() => model.dispose());

describe("generate", () => {
  const options: readonly (keyof GenerateOptions)[] = [
    ...(["maxTokens", "temperature", "topK", "topP", "minP", "repetitionPenalty", "frequencyPenalty"] as const),
    ...(["presencePenalty", "penaltyWindow", "logitBias", "seed", "beams", "lengthPenalty", "earlyStopping"] as const),
    ...(["stop", "stopTokens", "ignoreEnd", "logprobs", "processLogits", "onContextFull", "sequence"] as const),
    ...(["addBos", "parseSpecial", "signal", "constraints", "leadingSpace", "begun"] as const),
  ];
  it.each(options)(`%s as ${wrong.length} other things`, async (option) => {
    for (const value of wrong) await survives(() => model.generate("a", { maxTokens: 3, [option]: value }).text());
  });

  it(`prompts and options as ${wrong.length} other things`, async () => {
    for (const value of wrong) {
      await survives(() => model.generate(value, { maxTokens: 3 }).text());
      await survives(() => model.generate(Array(94).fill(5), value).text());
    }
  });

  it("names the option", async () => {
    for (const option of ["stop", "stopTokens", "processLogits", "onContextFull", "signal"] as const) {
      const error = await failure((async () => model.generate("a", { [option]: 5 as never }))(), "argument-invalid");
      expect(error).toMatchObject({ field: option, received: "5" });
    }
  });

  it("refuses a hook that is not done when it returns", async () => {
    const processLogits = (async () => {
      throw new Error("nobody would see this");
    }) as never;
    const error = await failure(model.generate("a", { processLogits }).text(), "argument-invalid");
    expect(error.field).toBe("processLogits");
  });

  it.each([1, 2, 3])("tells scores that a hook has spoilt, with %i beams", async (beams) => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const processLogits = (scores: Float32Array) => void scores.fill(value);
      await failure(model.generate("a", { beams, processLogits, maxTokens: 3 }).text(), "scores-invalid");
    }
  });

  it("takes large stop strings and biases", async () => {
    const stop = Array.from({ length: 20 }, (_, index) => `${index}ab`.repeat(100_000));
    const logitBias = new Map(Array.from({ length: 271 }, (_, id) => [id, 1]));
    await model.generate("a", { maxTokens: 30, stop, logitBias }).text();
  });
});

describe("sequences", () => {
  it(`take ${wrong.length} other things for tokens, want, mask, signal and options`, async () => {
    const sequence = await model.createSequence();
    const fresh = () => sequence.truncate(0);
    for (const value of wrong) {
      await survives(() => sequence.evaluate(value));
      fresh();
      await survives(() => sequence.evaluate([5], value));
      fresh();
      for (const option of ["want", "mask", "signal"]) {
        await survives(() => sequence.evaluate([5], { [option]: value }));
        fresh();
      }
      await survives(() => sequence.truncate(value));
      await survives(async () => (await sequence.fork(value)).dispose());
    }
    sequence.dispose();
  });

  it.each([{}, { length: Number.NaN }, { length: -1 }, { length: 0.5 }, new Set([1, 2])])(
    "refuse what has no length for tokens: %o",
    async (tokens) => {
      const sequence = await model.createSequence();
      await failure(sequence.evaluate(tokens as never), "argument-invalid");
      expect(sequence.position).toBe(0);
      sequence.dispose();
    },
  );
});

describe("opening", () => {
  it(`${wrong.length} other things as sources and options`, async () => {
    const blob = await tinyGguf();
    for (const value of wrong) {
      for (const open of [readGguf, loadTokenizer]) {
        await survives(() => open(value));
        await survives(() => open(blob, value));
        await survives(() => open(blob, { signal: value }));
      }
      await survives(() => loadModel(value, { backend: cpu() }));
      await survives(() => loadModel(blob, value));
      for (const option of ["backend", "contextLength", "maxSequences", "onProgress", "signal"]) {
        await survives(async () => (await loadModel(blob, { backend: cpu(), [option]: value })).dispose());
      }
      const file = await readGguf(blob);
      await survives(() => file.readTensor(value));
      await survives(() => file.readTensor("output_norm.weight", value));
      for (const option of ["offset", "length", "signal"]) {
        await survives(() => file.readTensor("output_norm.weight", { [option]: value }));
      }
      await file.dispose();
    }
  });
});

describe("a tokenizer", () => {
  it(`takes ${wrong.length} other things for text, ids and options`, async () => {
    const { tokenizer } = model;
    for (const value of wrong) {
      // An array-like of a billion nothings is the caller's own to wait for.
      if (value?.length !== 1e9) await survives(() => tokenizer.decode(value));
      for (const method of ["encode", "createDecoder", "tokenBytes", "tokenText", "tokenId", "isControl"] as const) {
        await survives(() => tokenizer[method](value as never));
      }
      await survives(() => tokenizer.encode("a", value));
      await survives(() => tokenizer.decode([5], value));
      await survives(() => tokenizer.createDecoder().push(value));
    }
  });
});
