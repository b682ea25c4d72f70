import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TinyLlamaOptions, tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { readGguf, readGgufModel } from "@bayling/core";
import type { BackendModel, LoadedModel, TensorType, WeightSource } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lowerModel } from "./lower-model.ts";

const tokens = [1, 5, 7, 200, 33, 34, 35, 1, 5, 90, 91, 92];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-lowering-"));
});
afterAll(() => rm(folder, { recursive: true }));

function lower(model: LoadedModel, contextLength = 64) {
  return lowerModel(model, { cacheFolder: folder, contextLength, onProgress: () => {}, signal: undefined });
}

/** Scores after every token, from core's own CPU backend. */
async function scoresOf(model: LoadedModel): Promise<Float32Array> {
  const options = { contextLength: 64, maxSequences: 1, onProgress: () => {}, signal: undefined };
  const loaded: BackendModel = await cpu().doLoad(model, options);
  try {
    const sequence = await loaded.doCreateSequence();
    const known = tokens.map((token) => token % model.config.vocabularySize);
    const batch = [{ sequence, tokens: Uint32Array.from(known), want: "all" as const }];
    return (await loaded.doEvaluate(batch, { signal: undefined }))[0]!.scores!;
  } finally {
    await loaded.dispose();
  }
}

type Config = NonNullable<TinyLlamaOptions["config"]>;

const halves = { pairing: "halves" } as const;
const biases = { query: true, key: true, value: true, output: true };

/** Graphs that become files of an architecture that core reads as well. */
const readable: Readonly<Record<string, readonly [string, Config]>> = {
  interleaved: ["llama", {}],
  halves: ["llama", { rope: halves }],
  "halves with biases": ["llama", { rope: halves, attentionBias: biases }],
  "halves, part of each head turned": ["llama", { rope: { ...halves, rotaryDimension: 4 } }],
  "part of each head turned": ["llama", { rope: { rotaryDimension: 8 } }],
  "head norms": ["qwen3", { rope: halves, queryKeyNorm: true }],
  "head norms, interleaved": ["qwen3", { queryKeyNorm: true }],
  "tied embeddings": ["llama", { tieWordEmbeddings: true }],
  "linear scaling": ["llama", { rope: { scaling: { type: "linear", factor: 4 } } }],
  "head norms, linear scaling": ["qwen3", { queryKeyNorm: true, rope: { scaling: { type: "linear", factor: 4 } } }],
  "frequency factors": ["llama", { rope: { frequencyFactors: [1, 1, 1.5, 2, 4, 8] } }],
};

/** The model with its vectors in bfloat16: the upper half of each number. */
function withHalfVectors(model: LoadedModel): LoadedModel {
  const isVector = (name: string) => model.weights.get(name).shape.length === 1;
  const weights: WeightSource = {
    get: (name) => {
      const weight = model.weights.get(name);
      return isVector(name) ? { ...weight, type: "BF16", byteLength: weight.byteLength / 2 } : weight;
    },
    read: async (name, offset, length, options) => {
      if (!isVector(name)) return model.weights.read(name, offset, length, options);
      const bytes = await model.weights.read(name, 2 * offset, 2 * length, options);
      return bytes.filter((_, index) => index % 4 >= 2);
    },
  };
  return { ...model, weights };
}

async function expectSameScores(model: LoadedModel): Promise<void> {
  await using file = await readGguf((await lower(model)).paths);
  const [expected, received] = [await scoresOf(model), await scoresOf(await readGgufModel(file))];
  const error = Math.max(...expected.map((score, index) => Math.abs(score - received[index]!)));
  // Angles are rounded to f32 on their way through the file, and weights are not.
  expect(error).toBeLessThan(2e-5);
}

describe("lowerModel", () => {
  it.each(Object.entries(readable))("keeps what a model says: %s", async (_, [architecture, config]) => {
    const model = tinyLlama({ config });
    expect((await lower(model)).architecture).toBe(architecture);
    await expectSameScores(model);
  });

  it.each<TensorType>(["F16", "BF16", "Q4_0", "Q8_0", "MXFP4"])("moves the rows of %s whole", async (weightType) => {
    const config = { hiddenSize: 96, intermediateSize: 160, headSize: 8, rope: halves };
    await expectSameScores(tinyLlama({ config, weightType }));
  });

  it("moves rows that do not fit into one piece", async () => {
    const config = { hiddenSize: 2048, numAttentionHeads: 32, headSize: 24, numHiddenLayers: 1, rope: halves };
    await expectSameScores(tinyLlama({ config }));
  });

  it("writes vectors in F32", async () => {
    const config = { queryKeyNorm: true, attentionBias: { ...biases, output: false } };
    const model = withHalfVectors(tinyLlama({ config }));
    await expectSameScores(model);
    await using file = await readGguf((await lower(model)).paths);
    for (const { name, type } of file.tensors.values()) expect([name, type]).toEqual([name, "F32"]);
  });

  it("says what llama.cpp must make of it", async () => {
    const model = tinyLlama({ config: { slidingWindow: 5, tieWordEmbeddings: true, rope: halves } });
    expect(await lower(model)).toMatchObject({
      architecture: "granite_swa",
      vocabularySize: 257,
      hasVocabulary: false,
      expected: {
        layers: 2,
        hiddenSize: 48,
        heads: 4,
        keyValueHeads: 2,
        slidingWindow: 5,
        ropePairing: "interleaved",
      },
    });
  });
});
