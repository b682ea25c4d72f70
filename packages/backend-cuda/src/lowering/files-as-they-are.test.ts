import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TinyLlamaOptions, tinyLlamaOfFile, writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { type GgufEntry, type GgufTensorInput, readGguf, readGgufModel, writeGguf } from "@bayling/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lowerModel } from "./lower-model.ts";
import type { LoweredModel } from "./lowered-model.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-direct-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Source = Parameters<typeof readGguf>[0];

async function lower(source: Source, contextLength = 64): Promise<LoweredModel> {
  await using file = await readGguf(source);
  const options = { cacheFolder: join(folder, "cache"), contextLength, onProgress: () => {}, signal: undefined };
  return await lowerModel(await readGgufModel(file), options);
}

/** A tiny model as a file, with whatever `edit` does to its content. */
async function writeModel(
  options: TinyLlamaOptions = {},
  edit: (metadata: Map<string, GgufEntry>, tensors: GgufTensorInput[]) => void = () => {},
): Promise<string> {
  const plain = join(folder, "plain.gguf");
  await writeTinyLlama(plain, options);
  await using file = await readGguf(plain);
  const metadata = new Map(file.metadata);
  const tensors = [...file.tensors.values()].map((tensor) => ({ ...tensor, data: () => file.readTensor(tensor.name) }));
  edit(metadata, tensors);
  const path = join(folder, "model.gguf");
  await writeGguf(path, { metadata, tensors });
  return path;
}

const uint32 = (value: number): GgufEntry => ({ type: "uint32", value });
const yarn = {
  type: "yarn",
  factor: 4,
  originalMaxPositionEmbeddings: 512,
  betaFast: 32,
  betaSlow: 1,
  attentionFactor: 1.3,
} as const;
const qwen2 = {
  architecture: "qwen2",
  attentionBias: { query: true, key: true, value: true, output: false },
} as const;

describe("a file is used as it is", () => {
  it.each<[string, string, TinyLlamaOptions]>([
    ["llama", "llama", {}],
    [
      "tied embeddings, quantized",
      "llama",
      { config: { tieWordEmbeddings: true, hiddenSize: 64, intermediateSize: 96, headSize: 16 }, weightType: "Q4_0" },
    ],
    ["biases of llama", "llama", { config: { attentionBias: { query: true, key: true, value: true, output: true } } }],
    ["linear scaling", "llama", { config: { rope: { scaling: { type: "linear", factor: 4 } } } }],
    ["YaRN", "llama", { config: { rope: { scaling: yarn } } }],
    ["frequency factors", "llama", { config: { rope: { frequencyFactors: [1, 1, 2, 2, 4, 8] } } }],
    ["a window as long as the context", "llama", { config: { slidingWindow: 64 } }],
    ["qwen2", "qwen2", { config: qwen2 }],
    ["qwen3", "qwen3", { config: { architecture: "qwen3", queryKeyNorm: true, rope: { scaling: yarn } } }],
  ])("%s", async (_, architecture, options) => {
    const path = await writeModel(options);
    const lowered = await lower(path);
    expect(lowered.paths).toEqual([path]);
    expect(lowered).toMatchObject({ architecture, hasVocabulary: true });
    expect(lowered.expected.ropePairing).toBe(architecture === "llama" ? "interleaved" : "halves");
    expect(lowered.expected.slidingWindow).toBe(0);
    expect(await readdir(folder)).not.toContain("cache");
  });

  it("in its parts, in order", async () => {
    const whole = await readGguf(await writeModel());
    const paths = [1, 2].map((part) => join(folder, `split-0000${part}-of-00002.gguf`));
    for (const [part, path] of paths.entries()) {
      const metadata = new Map(part === 0 ? whole.metadata : []);
      metadata.set("split.no", { type: "uint16", value: part });
      metadata.set("split.count", { type: "uint16", value: 2 });
      const tensors = [...whole.tensors.values()].filter((_, index) => index % 2 === part);
      await writeGguf(path, {
        metadata,
        tensors: tensors.map((tensor) => ({ ...tensor, data: () => whole.readTensor(tensor.name) })),
      });
    }
    await whole.dispose();
    expect((await lower(paths[1]!)).paths).toEqual(paths);
    expect((await lower(paths.toReversed())).paths).toEqual(paths);
  });
});

describe("a file is written anew", () => {
  const config = (changes: TinyLlamaOptions["config"]): TinyLlamaOptions => ({ config: changes });

  it.each<[string, string, TinyLlamaOptions, Parameters<typeof writeModel>[1]]>([
    ["for a name that llama.cpp does not know", "llama", config({ architecture: "mistral" }), undefined],
    ["for a window that llama does not have", "granite_swa", config({ slidingWindow: 63 }), undefined],
    ["where a part of each head turns", "llama", config({ rope: { rotaryDimension: 8 } }), undefined],
    ["for other turns of YaRN", "llama", config({ rope: { scaling: { ...yarn, betaFast: 4 } } }), undefined],
    ["for heads wider than qwen2 has them", "llama", config({ ...qwen2, headSize: 16 }), undefined],
    [
      "for a bias that qwen2 has no place for",
      "llama",
      config({ ...qwen2, attentionBias: { ...qwen2.attentionBias, output: true } }),
      undefined,
    ],
    ["for norms that llama has no place for", "qwen3", config({ queryKeyNorm: true }), undefined],
    [
      "for factors that qwen2 does not read",
      "llama",
      config({ ...qwen2, rope: { frequencyFactors: [1, 1, 2, 2, 4, 8] } }),
      undefined,
    ],
    [
      "for experts that are used and not there, which would abort the process",
      "llama",
      {},
      (metadata) => metadata.set("llama.expert_used_count", uint32(2)),
    ],
    [
      "for a key that only one of the two may read",
      "llama",
      {},
      (metadata) => metadata.set("llama.nextn_predict_layers", uint32(1)),
    ],
    [
      "for a key of another type",
      "llama",
      {},
      (metadata) => metadata.set("llama.block_count", { type: "uint64", value: 2n }),
    ],
    [
      "for an attention factor that only llama.cpp reads",
      "llama",
      {},
      (metadata) => metadata.set("llama.rope.scaling.attn_factor", { type: "float32", value: 2 }),
    ],
    [
      "for a tensor that llama.cpp does not expect",
      "llama",
      {},
      (_, tensors) => tensors.push({ name: "blk.0.attn_rot_embd", type: "F32", shape: [1], data: new Uint8Array(4) }),
    ],
    [
      "for a vector in half precision",
      "llama",
      {},
      (_, tensors) => {
        const at = tensors.findIndex(({ name }) => name === "output_norm.weight");
        tensors[at] = { ...tensors[at]!, type: "F16", data: new Uint8Array(96) };
      },
    ],
  ])("%s", async (_, architecture, options, edit) => {
    const path = await writeModel(options, edit);
    const lowered = await lower(path);
    const { vocabularySize } = tinyLlamaOfFile().config;
    expect(lowered.paths).not.toEqual([path]);
    expect(lowered).toMatchObject({ architecture, hasVocabulary: false, vocabularySize });
    await using file = await readGguf(lowered.paths);
    expect(file.metadata.string("general.architecture")).toBe(architecture);
    expect([...file.tensors.values()].filter(({ type, shape }) => shape.length === 1 && type !== "F32")).toEqual([]);
  });

  it("for a Blob, which is no file", async () => {
    const path = await writeModel();
    const lowered = await lower(new Blob([await readFile(path)]));
    expect(lowered.paths[0]).toContain(join(folder, "cache"));
  });

  it("for parts that say nothing of each other, of which llama.cpp would read the first", async () => {
    await using whole = await readGguf(await writeModel());
    const paths = [0, 1].map((part) => join(folder, `part${part}.gguf`));
    for (const [part, path] of paths.entries()) {
      const tensors = [...whole.tensors.values()].filter((_, index) => index % 2 === part);
      const data = tensors.map((tensor) => ({ ...tensor, data: () => whole.readTensor(tensor.name) }));
      await writeGguf(path, { metadata: part === 0 ? whole.metadata : [], tensors: data });
    }
    expect((await lower(paths)).paths[0]).toContain(join(folder, "cache"));
  });
});

it("gives up when aborted", async () => {
  const path = await writeModel();
  await using file = await readGguf(path);
  const signal = AbortSignal.abort("no longer wanted");
  const options = { cacheFolder: folder, contextLength: 64, onProgress: () => {}, signal };
  await expect(lowerModel(await readGgufModel(file), options)).rejects.toBe("no longer wanted");
});
