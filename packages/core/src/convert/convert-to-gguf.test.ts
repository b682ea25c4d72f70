import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { type GgufFile, readGguf } from "../formats/gguf-reader.ts";
import { quantize } from "../formats/quantize.ts";
import { readTeaching } from "../formats/teaching.ts";
import { loadModel } from "../load-model.ts";
import { readGgufConfig } from "../loading/gguf-config.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { expectError } from "../testing/expect-error.ts";
import { familyConfigs, familyFolder } from "../testing/family-folders.ts";
import {
  jsonBlob,
  safetensorsBytes,
  sentencePieceBytes,
  type TestTensor,
  tinyConfig,
  tinyFolder,
  tinyTensors,
} from "../testing/hugging-face-files.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { tinyGguf, tinyPieces } from "../testing/tiny-model.ts";
import { type ConvertToGgufOptions, convertToGguf } from "./convert-to-gguf.ts";
import type { QuantizeProgress } from "./model-writer.ts";
import { quantizationRecipes } from "./quantization-recipe.ts";
import { quantizeGguf } from "./quantize-gguf.ts";

let files: Map<string, Blob>;
let folder: string;
beforeAll(async () => {
  files = await tinyFolder();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convert-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function written(write: (stream: WritableStream<Uint8Array>) => Promise<unknown>): Promise<GgufFile> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  await write(
    new WritableStream({
      write: (piece: Uint8Array) => {
        pieces.push(piece.slice());
      },
    }),
  );
  return readGguf(new Blob(pieces));
}

function converted(source: ModelSource, options: Partial<ConvertToGgufOptions> = {}): Promise<GgufFile> {
  return written((stream) => convertToGguf(source, stream, { type: "F32", ...options }));
}

/** Tensors with digests of their bytes: comparing millions of them one by one takes half a minute. */
async function contentOf(file: GgufFile): Promise<Record<string, unknown>> {
  const entries = Array.from(file.tensors.values(), async ({ name, type, shape }) => {
    const digest = createHash("sha256")
      .update(await file.readTensor(name))
      .digest("hex");
    return [name, { type, shape, digest }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe("a folder becomes the GGUF file of the same model", () => {
  test.each(quantizationRecipes)("in %s", async (type) => {
    const source = await tinyGguf();
    const expected = await written((stream) => quantizeGguf(source, stream, { type }));
    expect(await contentOf(await converted(files, { type }))).toEqual(await contentOf(expected));
  });

  test.each(["F16", "BF16"] as const)("from %s", async (stored) => {
    const tensors = (await tinyTensors()).map((tensor): TestTensor => {
      return { ...tensor, type: stored, data: quantize(stored, new Float32Array(tensor.data.slice().buffer)) };
    });
    const source = new Map(files).set("model.safetensors", new Blob([safetensorsBytes(tensors)]));
    const expected = await written(async (stream) => {
      const halved = await tinyGguf((_, tensors) => {
        for (const [index, { name, shape, data }] of tensors.entries()) {
          const values = new Float32Array((data as Uint8Array).slice().buffer);
          tensors[index] = { name, shape, type: stored, data: quantize(stored, values) };
        }
      });
      // Vectors in F32, as the folder's become, and matrices as they are.
      await quantizeGguf(halved, stream, { type: stored });
    });
    const [mine, theirs] = await Promise.all([converted(source, { type: stored }), expected]);
    for (const { name, type, shape } of mine.tensors.values()) {
      expect({ name, type }).toEqual({ name, type: shape.length === 1 ? "F32" : stored });
      if (shape.length > 1) expect(await mine.readTensor(name)).toEqual(await theirs.readTensor(name));
    }
  });

  test("says of it what the file says", async () => {
    const file = await converted(files, { name: "tiny" });
    const expected = await readGguf(await tinyGguf());
    expect(readGgufConfig(file)).toEqual(readGgufConfig(expected));
    for (const key of expected.metadata.keys()) {
      expect([key, file.metadata.get(key)]).toEqual([key, expected.metadata.get(key)]);
    }
    expect(file.metadata.number("general.file_type")).toBe(0);
    expect(file.metadata.number("general.quantization_version")).toBe(2);
    expect(file.metadata.string("tokenizer.ggml.pre")).toBe("default");
    expect(file.metadata.boolean("tokenizer.ggml.add_bos_token")).toBe(true);
    expect(file.metadata.boolean("tokenizer.ggml.add_eos_token")).toBe(false);
  });

  test("writes the same text", async () => {
    const pieces: BlobPart[] = [];
    const stream = new WritableStream({ write: (piece: Uint8Array) => void pieces.push(piece.slice()) });
    await convertToGguf(files, stream, { type: "F32" });
    const sources: ModelSource[] = [files, new Blob(pieces)];
    const texts = sources.map(async (source) => {
      const model = await loadModel(source, { backend: cpu() });
      const text = await model.generate("a b 你", { maxTokens: 20, ignoreEnd: true }).text();
      await model.dispose();
      return text;
    });
    const [mine, other] = await Promise.all(texts);
    expect(mine).toBe(other);
  });
});

/** The tiny folder with other files. */
function folderWith(
  changes: Readonly<Record<string, unknown>>,
  other: readonly (readonly [string, Blob])[] = [],
): Map<string, Blob> {
  return new Map([...files, ["config.json", jsonBlob({ ...tinyConfig, ...changes })], ...other]);
}

describe("metadata", () => {
  test("keeps what the model is called and made from, and its template", async () => {
    const source = folderWith({ _name_or_path: "ICTNLP/bayling-2-7b" }, [
      ["tokenizer_config.json", jsonBlob({ chat_template: "{{ messages }}", add_bos_token: false })],
    ]);
    const { metadata } = await converted(source);
    expect(metadata.string("general.base_model.0.name")).toBe("bayling-2-7b");
    expect(metadata.number("general.base_model.count")).toBe(1);
    expect(metadata.string("tokenizer.chat_template")).toBe("{{ messages }}");
    expect(metadata.boolean("tokenizer.ggml.add_bos_token")).toBe(false);
    await mkdir(join(folder, "BayLing-13B"));
    for (const [name, blob] of files) await writeFile(join(folder, "BayLing-13B", name), await blob.bytes());
    const named = await converted(join(folder, "BayLing-13B"));
    expect(named.metadata.string("general.name")).toBe("BayLing-13B");
  });

  test("keeps how a recipe taught the model, and refuses what no recipe says", async () => {
    const bayling = { template: "bayling", system_prompt: "", languages: ["en", "de"], instruction_languages: ["de"] };
    const source = folderWith({ bayling });
    const { metadata } = await converted(source);
    const taught = { template: "bayling", systemPrompt: "", languages: ["en", "de"], instructionLanguages: ["de"] };
    expect(readTeaching(metadata)).toEqual(taught);
    const loaded = await loadModel(source, { backend: cpu() });
    expect(readTeaching(loaded.metadata)).toEqual(taught);
    await loaded.dispose();
    expect(readTeaching((await converted(folderWith({}))).metadata)).toBeUndefined();
    for (const wrong of [null, "x", { template: 1 }, { languages: "en" }, { languages: [1] }]) {
      await expectError("model-config-invalid", () => converted(folderWith({ bayling: wrong })));
    }
  });

  test("says linear scaling and YaRN", async () => {
    const linear = await converted(folderWith({ rope_scaling: { type: "linear", factor: 4 }, rope_theta: 5e5 }));
    expect(readGgufConfig(linear).rope).toMatchObject({ theta: 5e5, scaling: { type: "linear", factor: 4 } });
    const yarn = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 24, attention_factor: 1.5 };
    const { rope, maxPositionEmbeddings } = readGgufConfig(await converted(folderWith({ rope_scaling: yarn })));
    expect(maxPositionEmbeddings).toBe(96);
    expect(rope.scaling).toMatchObject({ type: "yarn", factor: 4, originalMaxPositionEmbeddings: 24 });
    expect((rope.scaling as { attentionFactor: number }).attentionFactor).toBeCloseTo(1.5, 6);
  });

  test("says the scaling of Llama 3 as a tensor", async () => {
    const scaling = {
      ...{ rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
      original_max_position_embeddings: 64,
    };
    const file = await converted(folderWith({ rope_scaling: scaling, rope_theta: 100 }));
    const factors = new Float32Array((await file.readTensor("rope_freqs.weight")).buffer);
    // As generate_extra_tensors of llama.cpp's converter: by wavelength.
    const expected = [0, 1, 2, 3].map((pair) => {
      const wavelength = 2 * Math.PI * 100 ** (pair / 4);
      if (wavelength < 64 / 4) return 1;
      if (wavelength > 64 / 1) return 8;
      const smooth = (64 / wavelength - 1) / (4 - 1);
      return 1 / ((1 - smooth) / 8 + smooth);
    });
    expect(expected.filter((factor) => factor > 1 && factor < 8).length).toBeGreaterThan(0);
    expect(factors.length).toBe(4);
    for (const [pair, factor] of factors.entries()) expect(factor).toBeCloseTo(expected[pair]!, 5);
    expect(file.metadata.has("llama.rope.scaling.type")).toBe(false);
  });

  test("takes Mistral for the LLaMA that it is to llama.cpp, and keeps its window", async () => {
    const mistral = { model_type: "mistral", architectures: ["MistralForCausalLM"], sliding_window: 32 };
    const file = await converted(folderWith(mistral));
    expect(readGgufConfig(file)).toMatchObject({ architecture: "llama", slidingWindow: 32 });
    expect(await contentOf(file)).toEqual(await contentOf(await readGguf(await tinyGguf())));
  });

  test("fills up rows that no token has", async () => {
    const size = tinyPieces.length;
    const tensors = (await tinyTensors()).map((tensor): TestTensor => {
      if (tensor.name !== "model.embed_tokens.weight") return tensor;
      const data = new Uint8Array((size + 2) * 32 * 4);
      data.set(tensor.data);
      return { ...tensor, shape: [size + 2, 32], data };
    });
    const weights = new Blob([safetensorsBytes(tensors)]);
    const { metadata } = await converted(folderWith({ vocab_size: size + 2 }, [["model.safetensors", weights]]));
    const tokens = [...metadata.requireStrings("tokenizer.ggml.tokens")];
    expect(tokens).toEqual([...tinyPieces, `[PAD${size}]`, `[PAD${size + 1}]`]);
    expect(metadata.requireNumbers("tokenizer.ggml.token_type")[size]).toBe(5);
  });

  test("leaves out tokens that have no row", async () => {
    const added = { "[PAD]": tinyPieces.length };
    const source = folderWith({}, [
      ["added_tokens.json", jsonBlob(added)],
      ["special_tokens_map.json", jsonBlob({ pad_token: "[PAD]" })],
    ]);
    const { metadata } = await converted(source);
    expect([...metadata.requireStrings("tokenizer.ggml.tokens")]).toEqual(tinyPieces);
    expect(metadata.has("tokenizer.ggml.padding_token_id")).toBe(false);
  });

  test("names ends of a reply that nobody knows by their spelling", async () => {
    const pieces = tinyPieces.map((spelling, id) => ({
      ...{ spelling, score: -id },
      type: id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1,
    }));
    const source = folderWith({ eos_token_id: [2, 261] }, [
      ["tokenizer.model", new Blob([sentencePieceBytes({ pieces })])],
    ]);
    expect((await converted(source)).metadata.number("tokenizer.ggml.eot_token_id")).toBe(261);
  });
});

describe.skipIf(sharedFixture("fixtures/families/golden.json") === undefined)("families", () => {
  test.each(Object.entries(familyConfigs))("%s comes back byte for byte", async (name, config) => {
    const original = await readGguf(sharedFixture(`fixtures/families/${name}`)!);
    const file = await converted(await familyFolder(name, config));
    expect(await contentOf(file)).toEqual(await contentOf(original));
    const ours = readGgufConfig(file);
    expect({ ...ours, name: undefined }).toEqual({ ...readGgufConfig(original), name: undefined });
    await original.dispose();
  });

  test("llama-plain-hf", async () => {
    const original = await readGguf(sharedFixture("fixtures/families/llama-plain.gguf")!);
    const file = await converted(sharedFixture("fixtures/families/llama-plain-hf")!);
    expect(await contentOf(file)).toEqual(await contentOf(original));
    await original.dispose();
  });
});

describe("the output", () => {
  const path = () => join(folder, "model.gguf");

  test("appears when it is complete, and is not written over unasked", async () => {
    const seen: QuantizeProgress[] = [];
    const { size, sourceSize, tensors } = await convertToGguf(files, path(), {
      type: "Q8_0",
      onProgress: (progress) => {
        seen.push(progress);
      },
    });
    expect(size).toBe((await readFile(path())).length);
    expect(sourceSize).toBe(files.get("model.safetensors")!.size);
    expect(seen.at(-1)!.writtenBytes).toBe(seen[0]!.totalBytes);
    expect(tensors.find(({ name }) => name === "blk.0.attn_q.weight")).toMatchObject({ from: "F32", to: "Q8_0" });
    await expectError("sink-exists", () => convertToGguf(files, path(), { type: "F16" }));
    await convertToGguf(files, path(), { type: "F16", overwrite: true });
    expect(await readdir(folder)).toEqual(["model.gguf"]);
  });

  test("is not one of the files of the folder", async () => {
    for (const [name, blob] of files) await writeFile(join(folder, name), await blob.bytes());
    const output = join(folder, "model.safetensors");
    await expectError("argument-invalid", () => convertToGguf(folder, output, { type: "F16", overwrite: true }));
    expect((await readFile(output)).length).toBe(files.get("model.safetensors")!.size);
  });

  test("is not there after a stop", async () => {
    const stop = new AbortController();
    const reason = new Error("stopped");
    const onProgress = () => stop.abort(reason);
    const running = convertToGguf(files, path(), { type: "F16", signal: stop.signal, onProgress });
    await expect(running).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ["a type that there is not", { type: "Q3_K_M" }],
    ["an empty name", { type: "F16", name: "" }],
    ["an overwrite that is no boolean", { type: "F16", overwrite: "yes" }],
  ])("refuses %s", async (_, options) => {
    await expectError("argument-invalid", () => convertToGguf(files, path(), options as ConvertToGgufOptions));
  });

  test("refuses what is no folder, and what llama.cpp has no decoder for", async () => {
    const blob = await tinyGguf();
    const error = await expectError("argument-invalid", () => convertToGguf(blob, path(), { type: "F16" }));
    expect(error.remedy).toContain("quantize");
    const scaling = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    const rope = { ...scaling, original_max_position_embeddings: 64 };
    const llama3 = folderWith({ model_type: "qwen2", architectures: ["Qwen2ForCausalLM"], rope_scaling: rope }, [
      ["model.safetensors", new Blob([safetensorsBytes(await qwen2Tensors())])],
    ]);
    const refused = await expectError("architecture-not-supported", () =>
      convertToGguf(llama3, path(), { type: "F16" }),
    );
    expect(refused.field).toBe("rope_scaling");
    expect(await readdir(folder)).toEqual([]);
  });
});

/** The tiny model with biases. */
async function qwen2Tensors(): Promise<TestTensor[]> {
  const tensors = await tinyTensors();
  const biases = tensors.flatMap(({ name, type, shape }) =>
    /[qkv]_proj/.test(name)
      ? [{ name: name.replace("weight", "bias"), type, shape: [shape[0]!], data: new Uint8Array(shape[0]! * 4) }]
      : [],
  );
  return [...tensors, ...biases];
}
