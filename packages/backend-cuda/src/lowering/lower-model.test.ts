import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TinyLlamaOptions, tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { readGguf, readGgufModel } from "@bayling/core";
import type { BackendModel, LoadedModel } from "@bayling/core/backend";
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

describe("lowerModel", () => {
  it.each(Object.entries(readable))("keeps what a model says: %s", async (_, [architecture, config]) => {
    const model = tinyLlama({ config });
    const lowered = await lower(model);
    expect(lowered.architecture).toBe(architecture);
    const file = await readGguf(lowered.paths);
    try {
      const [expected, received] = await Promise.all([scoresOf(model), readGgufModel(file).then(scoresOf)]);
      const error = Math.max(...expected.map((score, index) => Math.abs(score - received[index]!)));
      expect(error).toBeLessThan(2e-5);
    } finally {
      await file.dispose();
    }
  });
});
