import { describe, expect, it } from "vitest";
import { cpu } from "./cpu/cpu-backend.ts";
import type { GgufEntry } from "./formats/gguf-value.ts";
import type { GgufTensorInput } from "./formats/gguf-writer.ts";
import { loadModel } from "./load-model.ts";
import { expectError } from "./testing/expect-error.ts";
import { limitedBackend } from "./testing/limited-backend.ts";
import { tinyGguf, tinyModel } from "./testing/tiny-model.ts";

const integer = (value: number): GgufEntry => ({ type: "uint32", value });
type Edit = (metadata: Map<string, GgufEntry>, tensors: GgufTensorInput[]) => void;

const replace =
  (name: string, change: Partial<GgufTensorInput>): Edit =>
  (_, tensors) => {
    const index = tensors.findIndex((tensor) => tensor.name === name);
    tensors[index] = { ...tensors[index]!, ...change };
  };

describe("loadModel", () => {
  it("loads a model, writes with it, and frees it", async () => {
    const progress: number[] = [];
    const model = await tinyModel({
      onProgress: ({ loadedBytes, totalBytes }) => progress.push(loadedBytes / totalBytes),
    });
    expect(model.config).toMatchObject({
      architecture: "llama",
      hiddenSize: 32,
      numHiddenLayers: 2,
      vocabularySize: 271,
    });
    expect(model.graph.config).toBe(model.config);
    expect(model.contextLength).toBe(96);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect((await model.generate("the cat", { maxTokens: 5, ignoreEnd: true }).text()).length).toBeGreaterThan(0);
    const sequence = await model.createSequence();
    await model.dispose();
    await model.dispose();
    await expectError("disposed", () => model.generate("a"));
    await expectError("disposed", () => model.createSequence());
    await expectError("disposed", () => sequence.evaluate([1]));
  });

  it("ends a generation that runs when it is disposed", async () => {
    const model = await tinyModel();
    const reading = model.generate("the", { maxTokens: 80, ignoreEnd: true, logprobs: 0 }).text();
    await new Promise((resolve) => setTimeout(resolve, 1));
    const failing = expectError("disposed", () => reading);
    await model.dispose();
    await failing;
  });

  it.each<[string, string, string, Edit]>([
    [
      "an unknown architecture",
      "architecture-not-supported",
      "general.architecture",
      (metadata) => metadata.set("general.architecture", { type: "string", value: "mamba" }),
    ],
    ["no architecture", "gguf-invalid", "general.architecture", (metadata) => metadata.delete("general.architecture")],
    [
      "a mixture of experts",
      "architecture-not-supported",
      "llama.expert_count",
      (metadata) => metadata.set("llama.expert_count", integer(8)),
    ],
    [
      "a model that looks ahead",
      "architecture-not-supported",
      "llama.attention.causal",
      (metadata) => metadata.set("llama.attention.causal", { type: "bool", value: false }),
    ],
    [
      "a tensor without use",
      "architecture-not-supported",
      "blk.0.odd.weight",
      (_, tensors) => tensors.push({ ...tensors[1]!, name: "blk.0.odd.weight" }),
    ],
    [
      "a missing tensor",
      "tensor-not-found",
      "blk.1.ffn_up.weight",
      (_, tensors) =>
        tensors.splice(
          tensors.findIndex((tensor) => tensor.name === "blk.1.ffn_up.weight"),
          1,
        ),
    ],
    [
      "a tensor of another shape",
      "model-shape-mismatch",
      "blk.1.attn_k.weight",
      replace("blk.1.attn_k.weight", { shape: [32, 16] }),
    ],
    [
      "more layers than tensors",
      "model-config-invalid",
      "llama.block_count",
      (metadata) => metadata.set("llama.block_count", integer(4_000_000_000)),
    ],
    [
      "no heads",
      "model-config-invalid",
      "llama.attention.head_count",
      (metadata) => metadata.set("llama.attention.head_count", integer(0)),
    ],
    [
      "heads that do not divide",
      "model-config-invalid",
      "llama.attention.head_count_kv",
      (metadata) => metadata.set("llama.attention.head_count_kv", integer(3)),
    ],
    [
      "an odd rotary dimension",
      "model-config-invalid",
      "llama.rope.dimension_count",
      (metadata) => metadata.set("llama.rope.dimension_count", integer(7)),
    ],
    [
      "an unknown RoPE scaling",
      "model-config-invalid",
      "llama.rope.scaling.type",
      (metadata) => metadata.set("llama.rope.scaling.type", { type: "string", value: "spiral" }),
    ],
    [
      "a negative epsilon",
      "model-config-invalid",
      "llama.attention.layer_norm_rms_epsilon",
      (metadata) => metadata.set("llama.attention.layer_norm_rms_epsilon", { type: "float32", value: -1 }),
    ],
    [
      "a context length of the wrong type",
      "gguf-invalid",
      "llama.context_length",
      (metadata) => metadata.set("llama.context_length", { type: "string", value: "long" }),
    ],
    [
      "RoPE factors for heads that no model has",
      "model-shape-mismatch",
      "rope_freqs.weight",
      (_, tensors) =>
        tensors.push({ name: "rope_freqs.weight", type: "F32", shape: [5000], data: new Uint8Array(20_000) }),
    ],
    [
      "RoPE factors that are not positive",
      "model-config-invalid",
      "rope_freqs.weight[1]",
      (_, tensors) =>
        tensors.push({
          name: "rope_freqs.weight",
          type: "F32",
          shape: [4],
          data: new Uint8Array(Float32Array.of(1, -1, 1, 1).buffer),
        }),
    ],
  ])("refuses %s and names it", async (_, code, field, edit) => {
    const file = await tinyGguf((metadata, tensors) => void edit(metadata, tensors));
    const error = await expectError(code as "gguf-invalid", () => loadModel(file, { backend: cpu() }));
    expect(error.field).toBe(field);
  });

  it("answers NaN in the weights with an error instead of a token", async () => {
    const weights = new Uint8Array(new Float32Array(32 * 32).fill(Number.NaN).buffer);
    const model = await loadModel(await tinyGguf(replace("blk.0.attn_q.weight", { data: weights })), {
      backend: cpu(),
    });
    for (const options of [{ temperature: 1 }, { temperature: 0 }, { beams: 3 }, { beams: 3, logprobs: 1 }]) {
      await expectError("scores-invalid", () => model.generate("the", { maxTokens: 3, ...options }).text());
    }
    await model.dispose();
  });

  it.each([
    ["backend", { backend: undefined as never }],
    ["backend", { backend: { specificationVersion: "v2" } as never }],
    ["contextLength", { contextLength: 97 }],
    ["contextLength", { contextLength: 0 }],
    ["maxSequences", { maxSequences: 0.5 }],
  ])("refuses a wrong %s", async (field, options) => {
    const error = await expectError("argument-invalid", () => tinyModel(options));
    expect(error.field).toBe(field);
  });

  it("stops at an abort while weights arrive", async () => {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const loading = tinyModel({ signal: controller.signal, onProgress: () => controller.abort(reason) });
    await expect(loading).rejects.toBe(reason);
  });

  it("wraps what a backend throws while it loads", async () => {
    const backend = { ...limitedBackend({}), doLoad: () => Promise.reject(new RangeError("no room")) };
    const error = await expectError("backend-failed", () => tinyModel({ backend }));
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it.each(["contextLength", "maxSequences", "maxBatchTokens"])("refuses a backend with no %s", async (field) => {
    const error = await expectError("backend-contract-violated", () =>
      tinyModel({ backend: limitedBackend({ [field]: 0 }) }),
    );
    expect(error.field).toBe(`capabilities.${field}`);
  });

  it("catches a backend that miscounts", async () => {
    const backend = limitedBackend({}, (batch) => batch[0]!.sequence.doTruncate(0));
    const model = await tinyModel({ backend });
    const sequence = await model.createSequence();
    await sequence.evaluate([1], { want: "none" });
    await expectError("backend-contract-violated", () => sequence.evaluate([3]));
    await model.dispose();
  });
});
