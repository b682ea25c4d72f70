import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError, type ErrorCode } from "../errors.ts";
import { ropeRotation } from "../graph/rope.ts";
import { expectError } from "../testing/expect-error.ts";
import { readHuggingFaceConfig } from "./hugging-face-config.ts";

type Json = Readonly<Record<string, unknown>>;

const llama: Json = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  vocab_size: 128256,
};
const qwen2 = { ...llama, model_type: "qwen2", architectures: ["Qwen2ForCausalLM"], num_key_value_heads: 2 };
const qwen3 = { ...llama, model_type: "qwen3", architectures: ["Qwen3ForCausalLM"], num_key_value_heads: 8 };
const mistral = { ...llama, model_type: "mistral", architectures: ["MistralForCausalLM"] };

const read = (json: Json, title?: string) =>
  readHuggingFaceConfig(json, { source: "config.json", title, tensorCount: 1000 });

describe("readHuggingFaceConfig", () => {
  it("takes what transformers takes where the file is silent", () => {
    expect(read(llama)).toEqual({
      architecture: "llama",
      name: undefined,
      vocabularySize: 128256,
      hiddenSize: 2048,
      intermediateSize: 8192,
      numHiddenLayers: 16,
      numAttentionHeads: 32,
      numKeyValueHeads: 32,
      headSize: 64,
      maxPositionEmbeddings: 2048,
      rmsNormEpsilon: 1e-6,
      rope: { theta: 10_000, pairing: "halves", rotaryDimension: 64, scaling: undefined },
      slidingWindow: undefined,
      attentionBias: { query: false, key: false, value: false, output: false },
      queryKeyNorm: false,
      tieWordEmbeddings: false,
    });
    expect(read(mistral)).toMatchObject({ numKeyValueHeads: 8, maxPositionEmbeddings: 131072, slidingWindow: 4096 });
    expect(read(qwen3)).toMatchObject({ headSize: 128, queryKeyNorm: true, maxPositionEmbeddings: 32768 });
    expect(read(qwen2).attentionBias).toEqual({ query: true, key: true, value: true, output: false });
  });

  it("reads what the file says", () => {
    const file = {
      ...llama,
      num_key_value_heads: 8,
      head_dim: 96,
      rms_norm_eps: 1e-5,
      rope_theta: 500_000,
      max_position_embeddings: 131072,
      tie_word_embeddings: true,
      attention_bias: true,
      rope_scaling: null,
      _name_or_path: "meta-llama/Llama-3.2-1B",
    };
    expect(read(file)).toMatchObject({
      name: "Llama-3.2-1B",
      numKeyValueHeads: 8,
      headSize: 96,
      rmsNormEpsilon: 1e-5,
      rope: { theta: 500_000, rotaryDimension: 96 },
      tieWordEmbeddings: true,
      attentionBias: { query: true, key: true, value: true, output: true },
    });
    expect(read(file, "mine").name).toBe("mine");
    expect(read({ ...llama, architectures: ["LLaMAForCausalLM"], model_type: undefined }).architecture).toBe("llama");
    expect(read({ ...llama, architectures: undefined }).architecture).toBe("llama");
  });

  it.each<[string, Json, number | undefined]>([
    ["llama has none", { ...llama, sliding_window: 512 }, undefined],
    ["mistral without", { ...mistral, sliding_window: null }, undefined],
    ["mistral with one", { ...mistral, sliding_window: 512 }, 512],
    ["qwen2 does not use its own", { ...qwen2, sliding_window: 512, use_sliding_window: false }, undefined],
    ["qwen2 in all layers", { ...qwen2, sliding_window: 512, use_sliding_window: true, max_window_layers: 0 }, 512],
    [
      "qwen2 in no layer",
      { ...qwen2, sliding_window: 512, use_sliding_window: true, max_window_layers: 16 },
      undefined,
    ],
    [
      "qwen3 by its list of layers",
      { ...qwen3, sliding_window: 512, use_sliding_window: true, layer_types: Array(16).fill("sliding_attention") },
      512,
    ],
  ])("reads the window: %s", (_name, json, window) => {
    expect(read(json).slidingWindow).toBe(window);
  });

  it("reads the scalings of RoPE, under old names and new", () => {
    const scaling = (rope: Json, more: Json = {}) => read({ ...llama, ...more, rope_scaling: rope }).rope.scaling;
    expect(scaling({ type: "default" })).toBeUndefined();
    expect(scaling({ type: "linear", factor: 1 })).toBeUndefined();
    expect(scaling({ type: "linear", factor: 4 })).toEqual({ type: "linear", factor: 4 });
    const llama3 = {
      rope_type: "llama3",
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    };
    expect(scaling(llama3)).toEqual({
      type: "llama3",
      factor: 32,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    });
    const yarn = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 32768 };
    expect(scaling(yarn)).toEqual({
      type: "yarn",
      factor: 4,
      originalMaxPositionEmbeddings: 32768,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor: 0.1 * Math.log(4) + 1,
    });
    expect(scaling({ ...yarn, attention_factor: 2 })).toMatchObject({ attentionFactor: 2 });
    const both = scaling({ ...yarn, mscale: 1, mscale_all_dim: 0.5 });
    expect(both).toMatchObject({ attentionFactor: (0.1 * Math.log(4) + 1) / (0.05 * Math.log(4) + 1) });
    expect(read({ ...llama, max_position_embeddings: 32768, rope_scaling: yarn }).maxPositionEmbeddings).toBe(131072);
    const parameters = { ...llama, rope_parameters: { ...llama3, rope_theta: 500_000 } };
    expect(read(parameters).rope).toMatchObject({ theta: 500_000, scaling: { type: "llama3", factor: 32 } });
  });

  // Frequencies that `rope_init_functions` of transformers gives for Llama 3.2 1B: the first is kept, the last divided.
  it("turns pairs as Llama 3 does", () => {
    const rope = { type: "llama3", factor: 32, low_freq_factor: 1, high_freq_factor: 4 };
    const scaled = { ...llama, rope_theta: 500_000, rope_scaling: { ...rope, original_max_position_embeddings: 8192 } };
    const { frequencies } = ropeRotation(read(scaled).rope);
    expect(frequencies).toHaveLength(32);
    expect(frequencies[0]).toBe(1);
    expect(frequencies[31]).toBeCloseTo(500_000 ** (-31 / 32) / 32, 15);
  });

  it.each<[string, ErrorCode, string, Json]>([
    ["another family", "architecture-not-supported", "model_type", { ...llama, model_type: "gpt_neox" }],
    ["no family", "architecture-not-supported", "model_type", { hidden_size: 4 }],
    ["the name of a method", "architecture-not-supported", "model_type", { ...llama, model_type: "constructor" }],
    ["a mixture of experts", "architecture-not-supported", "model_type", { ...llama, model_type: "mixtral" }],
    [
      "a classifier",
      "architecture-not-supported",
      "architectures",
      { ...llama, architectures: ["LlamaForSequenceClassification"] },
    ],
    ["another activation", "architecture-not-supported", "hidden_act", { ...llama, hidden_act: "gelu" }],
    ["biases of the feed-forward part", "architecture-not-supported", "mlp_bias", { ...llama, mlp_bias: true }],
    [
      "quantized weights",
      "architecture-not-supported",
      "quantization_config.quant_method",
      { ...llama, quantization_config: { quant_method: "gptq" } },
    ],
    [
      "heads that turn in part",
      "architecture-not-supported",
      "partial_rotary_factor",
      { ...llama, partial_rotary_factor: 0.5 },
    ],
    [
      "dynamic scaling",
      "architecture-not-supported",
      "rope_scaling.rope_type",
      { ...llama, rope_scaling: { type: "dynamic", factor: 2 } },
    ],
    [
      "a rotation for each kind of layer",
      "architecture-not-supported",
      "rope_parameters.full_attention",
      { ...llama, rope_parameters: { full_attention: { rope_type: "default" } } },
    ],
    [
      "windows in some layers",
      "architecture-not-supported",
      "max_window_layers",
      { ...qwen2, use_sliding_window: true, max_window_layers: 4 },
    ],
    [
      "windows in every second layer",
      "architecture-not-supported",
      "layer_types",
      { ...qwen3, use_sliding_window: true, layer_types: ["full_attention", "sliding_attention"] },
    ],
    ["no width", "model-config-invalid", "hidden_size", { ...llama, hidden_size: undefined }],
    ["more layers than tensors", "model-config-invalid", "num_hidden_layers", { ...llama, num_hidden_layers: 1e9 }],
    ["half a layer", "model-config-invalid", "num_hidden_layers", { ...llama, num_hidden_layers: 1.5 }],
    ["heads that do not divide", "model-config-invalid", "num_key_value_heads", { ...llama, num_key_value_heads: 3 }],
    ["heads of an odd size", "model-config-invalid", "head_dim", { ...llama, head_dim: 7 }],
    ["heads larger than any", "model-config-invalid", "head_dim", { ...llama, head_dim: 1e8 }],
    ["a width that heads do not divide", "model-config-invalid", "head_dim", { ...llama, hidden_size: 2049 }],
    ["text for a number", "model-config-invalid", "vocab_size", { ...llama, vocab_size: "many" }],
    ["a negative epsilon", "model-config-invalid", "rms_norm_eps", { ...llama, rms_norm_eps: -1 }],
    ["text for a choice", "model-config-invalid", "attention_bias", { ...llama, attention_bias: "yes" }],
    ["scaling that is text", "model-config-invalid", "rope_scaling", { ...llama, rope_scaling: "linear" }],
    [
      "scaling without a factor",
      "model-config-invalid",
      "rope_scaling.factor",
      { ...llama, rope_scaling: { type: "linear" } },
    ],
    [
      "bands that cross",
      "model-config-invalid",
      "rope_scaling.high_freq_factor",
      { ...llama, rope_scaling: { rope_type: "llama3", factor: 8, low_freq_factor: 4, high_freq_factor: 4 } },
    ],
  ])("refuses %s", async (_name, code, field, json) => {
    const error = await expectError(code, () => read(json));
    expect(error).toMatchObject({ source: "config.json", field });
  });

  it("reads anything or says what is wrong with it", () => {
    const keys = [...Object.keys(llama), "rope_scaling", "head_dim", "num_key_value_heads", "sliding_window"];
    const value = fc.oneof(
      fc.jsonValue(),
      fc.integer(),
      fc.record({ type: fc.constantFrom("linear", "llama3", "yarn"), factor: fc.jsonValue() }),
    );
    const change = fc.tuple(fc.constantFrom(...keys), value);
    fc.assert(
      fc.property(
        fc.constantFrom(llama, qwen2, qwen3, mistral),
        fc.array(change, { maxLength: 3 }),
        (base, changes) => {
          try {
            read({ ...base, ...Object.fromEntries(changes) });
          } catch (error) {
            expect(BayLingError.isInstance(error) && error.code).toMatch(
              /^(architecture-not-supported|model-config-invalid)$/,
            );
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
