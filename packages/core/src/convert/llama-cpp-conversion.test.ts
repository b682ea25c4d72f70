import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { readGguf } from "../formats/gguf-reader.ts";
import { loadModel } from "../load-model.ts";
import { openModelFiles } from "../loading/model-files.ts";
import { logSoftmax } from "../sampling/log-softmax.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { familyConfigs, familyFolder } from "../testing/family-folders.ts";
import { jsonBlob, safetensorsBytes, type TestTensor } from "../testing/hugging-face-files.ts";
import { llamaCppProbabilities } from "../testing/llama-cpp-probabilities.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { tokenizerJsonOfGguf } from "../testing/tokenizer-json-of-gguf.ts";
import { convertToGguf } from "./convert-to-gguf.ts";
import { type QuantizationRecipe, quantizationRecipes } from "./quantization-recipe.ts";

const golden = sharedFixture("fixtures/families/golden.json");
const plain = sharedFixture("fixtures/families/llama-plain-hf");

let folder: string;
let llama: Llama;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convert-"));
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled, maxThreads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function byCpu(source: ModelSource, tokens: readonly number[]): Promise<number[][]> {
  const model = await loadModel(source, { backend: cpu() });
  try {
    const { vocabularySize } = model.config;
    const scores = await (await model.createSequence()).evaluate(tokens, { want: "all" });
    return tokens.map((_, row) =>
      Array.from(logSoftmax(scores.subarray(row * vocabularySize, (row + 1) * vocabularySize)), Math.exp),
    );
  } finally {
    await model.dispose();
  }
}

function largestDifference(ours: readonly number[], theirs: readonly number[]): number {
  expect(ours.length).toBe(theirs.length);
  return ours.reduce((most, value, index) => Math.max(most, Math.abs(value - theirs[index]!)), 0);
}

describe.skipIf(golden === undefined || plain === undefined)("a folder that was converted", () => {
  test.each(["llama-plain.gguf", ...Object.keys(familyConfigs)])("has the golden scores of %s", async (name) => {
    const { tokens, positions, files } = JSON.parse(await readFile(golden!, "utf8"));
    const source = name === "llama-plain.gguf" ? plain! : await familyFolder(name, familyConfigs[name]!);
    const output = join(folder, name);
    await convertToGguf(source, output, { type: "F32" });
    const [ours, theirs] = [await byCpu(output, tokens), await llamaCppProbabilities(llama, output, tokens)];
    for (const [index, position] of positions.entries()) {
      const expected = Array.from(logSoftmax(Float32Array.from(files[name][index])), Math.exp);
      expect(largestDifference(ours[position]!, expected)).toBeLessThan(1e-4);
      expect(largestDifference(theirs[position]!, expected)).toBeLessThan(1e-4);
    }
  });

  test("whose positions are scaled as in Llama 3 has the scores of the folder", async () => {
    const { tokens } = JSON.parse(await readFile(golden!, "utf8"));
    const scaling = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    const source = await familyFolder("llama-linear-scaling.gguf", {
      ...familyConfigs["llama-linear-scaling.gguf"],
      rope_scaling: { ...scaling, original_max_position_embeddings: 64 },
    });
    const output = join(folder, "llama-3.gguf");
    await convertToGguf(source, output, { type: "F32" });
    const [straight, ours, theirs] = [
      await byCpu(source, tokens),
      await byCpu(output, tokens),
      await llamaCppProbabilities(llama, output, tokens),
    ];
    for (const [position, row] of straight.entries()) {
      expect(largestDifference(ours[position]!, row)).toBeLessThan(1e-5);
      expect(largestDifference(theirs[position]!, row)).toBeLessThan(1e-4);
    }
  });

  // Of a probability: llama.cpp rounds activations, too.
  const bounds: Readonly<Record<QuantizationRecipe, number>> = {
    ...{ F32: 1e-4, F16: 5e-3, BF16: 2e-2 },
    ...{ Q8_0: 4e-2, Q4_0: 4e-2, Q4_K_M: 4e-2, Q6_K: 4e-2 },
  };
  test.each(quantizationRecipes)("runs in llama.cpp as it does here, in %s", async (type) => {
    const { tokens } = JSON.parse(await readFile(golden!, "utf8"));
    const output = join(folder, `plain-${type}.gguf`);
    await convertToGguf(plain!, output, { type });
    const [ours, theirs] = [await byCpu(output, tokens), await llamaCppProbabilities(llama, output, tokens)];
    for (const [position, row] of ours.entries()) {
      expect(largestDifference(row, theirs[position]!)).toBeLessThan(bounds[type]);
    }
  });
});

/** A model of almost no weights with a real vocabulary. */
async function vocabularyFolder(
  name: string,
  path: string,
): Promise<{ source: Map<string, SourceInput>; rows: number }> {
  const file = await readGguf(path);
  await file.dispose();
  const rows = file.metadata.requireStrings("tokenizer.ggml.tokens").length;
  const tensor = (name: string, ...shape: number[]): TestTensor => {
    return { name, type: "F16", shape, data: new Uint8Array(2 * shape.reduce((product, extent) => product * extent)) };
  };
  const layer = (part: string, ...shape: number[]) => tensor(`model.layers.0.${part}.weight`, ...shape);
  const tensors = [
    tensor("model.embed_tokens.weight", rows, 8),
    tensor("model.norm.weight", 8),
    ...["input_layernorm", "post_attention_layernorm"].map((part) => layer(part, 8)),
    ...["q_proj", "k_proj", "v_proj", "o_proj"].map((part) => layer(`self_attn.${part}`, 8, 8)),
    ...["gate_proj", "up_proj", "down_proj"].map((part) => layer(`mlp.${part}`, 8, 8)),
  ];
  const config = {
    ...{ model_type: "llama", hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 1 },
    ...{ vocab_size: rows, tie_word_embeddings: true, rms_norm_eps: 1e-5 },
  };
  const source = new Map<string, SourceInput>([
    ["config.json", jsonBlob(config)],
    ["model.safetensors", new Blob([safetensorsBytes(tensors)])],
    ["tokenizer.json", jsonBlob(tokenizerJsonOfGguf(file, name))],
  ]);
  return { source, rows };
}

describe.each([
  ["llama-spm", "llama", "default"],
  ["llama-bpe", "gpt2", "llama-bpe"],
  ["qwen2", "gpt2", "qwen2"],
])("the vocabulary %s, from tokenizer.json to GGUF", (name, model, pre) => {
  const path = sharedFixture(`tokenizers/${name}.gguf`);
  test.skipIf(path === undefined)("gives the ids of the folder, here and in llama.cpp", async () => {
    const { source, rows } = await vocabularyFolder(name, path!);
    const output = join(folder, `${name}.gguf`);
    await convertToGguf(source, output, { type: "F16" });
    const [straight, converted] = [await openModelFiles(source), await openModelFiles(output)];
    expect(converted.metadata.string("tokenizer.ggml.model")).toBe(model);
    expect(converted.metadata.string("tokenizer.ggml.pre")).toBe(pre);
    const theirs = await llama.loadModel({ modelPath: output, vocabOnly: true });
    try {
      const lines = (await readFile(path!.replace(".gguf", ".golden.jsonl"), "utf8")).trimEnd().split("\n");
      for (const line of lines.filter((_, index) => index % 4 === 0)) {
        const { text, ids } = JSON.parse(line) as { readonly text: string; readonly ids: readonly number[] };
        const received = [
          straight.tokenizer.encode(text, { addBos: false }),
          converted.tokenizer.encode(text, { addBos: false }),
          Array.from(theirs.tokenize(text)),
        ];
        expect({ text, received }).toEqual({ text, received: [ids, ids, ids] });
      }
      const roles = ({ tokenizer }: typeof straight) => {
        const { bosToken, eosToken, unknownToken, addsBos, vocabularySize, endTokens } = tokenizer;
        return { bosToken, eosToken, unknownToken, addsBos, vocabularySize, ends: [...endTokens].sort() };
      };
      expect(roles(converted)).toEqual(roles(straight));
      expect(converted.tokenizer.vocabularySize).toBe(rows);
    } finally {
      await theirs.dispose();
      await Promise.all([straight.dispose(), converted.dispose()]);
    }
  });
});
