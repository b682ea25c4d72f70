import { describe, expect, it } from "vitest";
import { buildGraph } from "./llama-graph.ts";
import type { ModelConfig } from "./model-config.ts";
import { printGraph } from "./print-graph.ts";
import { ropeRotation } from "./rope.ts";

const llama: ModelConfig = {
  architecture: "llama",
  name: undefined,
  vocabularySize: 100,
  hiddenSize: 16,
  intermediateSize: 24,
  numHiddenLayers: 1,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headSize: 4,
  maxPositionEmbeddings: 64,
  rmsNormEpsilon: 1e-5,
  rope: { theta: 10_000, pairing: "interleaved", rotaryDimension: 4 },
  attentionBias: { query: false, key: false, value: false, output: false },
  queryKeyNorm: false,
  tieWordEmbeddings: false,
};

describe("buildGraph", () => {
  it("reads as the forward pass of a LLaMA", () => {
    expect(printGraph(buildGraph(llama))).toMatchInlineSnapshot(`
      "embedding[tokens × 16] = embed(tokens) model.embed_tokens.weight[100 × 16]
      0.attention.norm[tokens × 16] = rmsNorm(embedding) model.layers.0.input_layernorm.weight[16], epsilon 0.00001
      0.query[tokens × 16] = linear(0.attention.norm) model.layers.0.self_attn.q_proj.weight[16 × 16]
      0.key[tokens × 8] = linear(0.attention.norm) model.layers.0.self_attn.k_proj.weight[8 × 16]
      0.value[tokens × 8] = linear(0.attention.norm) model.layers.0.self_attn.v_proj.weight[8 × 16]
      0.query.rope[tokens × 16] = rope(0.query) interleaved, 2 pairs of 2
      0.key.rope[tokens × 8] = rope(0.key) interleaved, 2 pairs of 2
      0.attention[tokens × 16] = attention(0.query.rope, 0.key.rope, 0.value) cache 0, 4 heads over 2 of 4
      0.attention.output[tokens × 16] = linear(0.attention) model.layers.0.self_attn.o_proj.weight[16 × 16]
      0.attention.residual[tokens × 16] = add(embedding, 0.attention.output)
      0.feed_forward.norm[tokens × 16] = rmsNorm(0.attention.residual) model.layers.0.post_attention_layernorm.weight[16], epsilon 0.00001
      0.gate[tokens × 24] = linear(0.feed_forward.norm) model.layers.0.mlp.gate_proj.weight[24 × 16]
      0.up[tokens × 24] = linear(0.feed_forward.norm) model.layers.0.mlp.up_proj.weight[24 × 16]
      0.swiglu[tokens × 24] = swiglu(0.gate, 0.up)
      0.feed_forward.output[tokens × 16] = linear(0.swiglu) model.layers.0.mlp.down_proj.weight[16 × 24]
      0.feed_forward.residual[tokens × 16] = add(0.attention.residual, 0.feed_forward.output)
      selected[outputs × 16] = select(0.feed_forward.residual)
      hidden[outputs × 16] = rmsNorm(selected) model.norm.weight[16], epsilon 0.00001
      scores[outputs × 100] = linear(hidden) lm_head.weight[100 × 16]"
    `);
  });

  it("adds biases, head norms before the rotation, a window and tied embeddings where the model has them", () => {
    const qwen: ModelConfig = {
      ...llama,
      rope: { ...llama.rope, pairing: "halves" },
      attentionBias: { query: true, key: true, value: true, output: false },
      queryKeyNorm: true,
      slidingWindow: 8,
      tieWordEmbeddings: true,
    };
    const graph = buildGraph(qwen);
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "embedding[tokens × 16] = embed(tokens) model.embed_tokens.weight[100 × 16]
      0.attention.norm[tokens × 16] = rmsNorm(embedding) model.layers.0.input_layernorm.weight[16], epsilon 0.00001
      0.query[tokens × 16] = linear(0.attention.norm) model.layers.0.self_attn.q_proj.weight[16 × 16] + model.layers.0.self_attn.q_proj.bias[16]
      0.key[tokens × 8] = linear(0.attention.norm) model.layers.0.self_attn.k_proj.weight[8 × 16] + model.layers.0.self_attn.k_proj.bias[8]
      0.value[tokens × 8] = linear(0.attention.norm) model.layers.0.self_attn.v_proj.weight[8 × 16] + model.layers.0.self_attn.v_proj.bias[8]
      0.query.norm[tokens × 16] = rmsNorm(0.query) model.layers.0.self_attn.q_norm.weight[4], epsilon 0.00001, groups of 4
      0.key.norm[tokens × 8] = rmsNorm(0.key) model.layers.0.self_attn.k_norm.weight[4], epsilon 0.00001, groups of 4
      0.query.norm.rope[tokens × 16] = rope(0.query.norm) halves, 2 pairs of 2
      0.key.norm.rope[tokens × 8] = rope(0.key.norm) halves, 2 pairs of 2
      0.attention[tokens × 16] = attention(0.query.norm.rope, 0.key.norm.rope, 0.value) cache 0, 4 heads over 2 of 4, window 8
      0.attention.output[tokens × 16] = linear(0.attention) model.layers.0.self_attn.o_proj.weight[16 × 16]
      0.attention.residual[tokens × 16] = add(embedding, 0.attention.output)
      0.feed_forward.norm[tokens × 16] = rmsNorm(0.attention.residual) model.layers.0.post_attention_layernorm.weight[16], epsilon 0.00001
      0.gate[tokens × 24] = linear(0.feed_forward.norm) model.layers.0.mlp.gate_proj.weight[24 × 16]
      0.up[tokens × 24] = linear(0.feed_forward.norm) model.layers.0.mlp.up_proj.weight[24 × 16]
      0.swiglu[tokens × 24] = swiglu(0.gate, 0.up)
      0.feed_forward.output[tokens × 16] = linear(0.swiglu) model.layers.0.mlp.down_proj.weight[16 × 24]
      0.feed_forward.residual[tokens × 16] = add(0.attention.residual, 0.feed_forward.output)
      selected[outputs × 16] = select(0.feed_forward.residual)
      hidden[outputs × 16] = rmsNorm(selected) model.norm.weight[16], epsilon 0.00001
      scores[outputs × 100] = linear(hidden) model.embed_tokens.weight[100 × 16]"
    `);
    expect(graph.weights.filter(({ name }) => name === "model.embed_tokens.weight").length).toBe(1);
    expect(graph.weights.some(({ name }) => name === "lm_head.weight")).toBe(false);
  });

  it("writes every value once and before it is read", () => {
    const { nodes } = buildGraph({ ...llama, numHiddenLayers: 3, queryKeyNorm: true });
    const written = new Set<string>();
    for (const node of nodes) {
      for (const [key, value] of Object.entries(node)) {
        if (key === "output" || typeof value !== "object" || !("rows" in value)) continue;
        expect(written).toContain(value.name);
      }
      expect(written).not.toContain(node.output.name);
      written.add(node.output.name);
    }
  });
});

describe("ropeRotation", () => {
  const rope = { theta: 10_000, pairing: "halves", rotaryDimension: 8 } as const;

  it("is theta ^ (−2i / d) without scaling", () => {
    expect(ropeRotation(rope)).toEqual({
      frequencies: [1, 0.1, 0.01, 0.001].map((f) => expect.closeTo(f, 12)),
      magnitude: 1,
    });
  });

  it("divides by the factor when linear, and by each pair's factor when the file brings them", () => {
    const linear = ropeRotation({ ...rope, scaling: { type: "linear", factor: 4 } });
    expect(linear.frequencies[1]).toBeCloseTo(0.025, 12);
    const factors = ropeRotation({ ...rope, frequencyFactors: [1, 2, 4, 8] });
    expect(factors.frequencies[3]).toBeCloseTo(0.000125, 12);
  });

  it("follows Llama 3.1: high frequencies kept, low ones divided, between them a ramp", () => {
    const scaling = {
      type: "llama3",
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    } as const;
    const wide = { theta: 500_000, pairing: "halves", rotaryDimension: 128 } as const;
    const plain = ropeRotation(wide).frequencies;
    const scaled = ropeRotation({ ...wide, scaling }).frequencies;
    const ratio = plain.map((frequency, pair) => frequency / scaled[pair]!);
    // Computed by hand from the published rule: wavelengths below 2048 stay, above 8192 are stretched eightfold.
    plain.forEach((frequency, pair) => {
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength < 8192 / 4) expect(ratio[pair]).toBe(1);
      else if (wavelength > 8192) expect(ratio[pair]).toBeCloseTo(8, 10);
      else {
        const smooth = (8192 / wavelength - 1) / 3;
        expect(scaled[pair]).toBeCloseTo((1 - smooth) * (frequency / 8) + smooth * frequency, 12);
      }
    });
  });

  it("raises the magnitude with YaRN and keeps the fastest pair", () => {
    const { frequencies, magnitude } = ropeRotation({
      ...rope,
      scaling: {
        type: "yarn",
        factor: 4,
        originalMaxPositionEmbeddings: 256,
        betaFast: 32,
        betaSlow: 1,
        attentionFactor: 0.1 * Math.log(4) + 1,
      },
    });
    expect(magnitude).toBeCloseTo(1.1386, 4);
    expect(frequencies[0]).toBe(1);
    expect(frequencies[3]).toBeCloseTo(0.00025, 12);
  });
});
