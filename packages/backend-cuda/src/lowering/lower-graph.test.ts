import { type TinyLlamaOptions, tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { BayLingError, type GraphNode, type LoadedModel } from "@bayling/core/backend";
import { describe, expect, it } from "vitest";
import { type LoweredGraph, lowerGraph } from "./lower-graph.ts";
import { matchGraph } from "./matched-graph.ts";

type Config = NonNullable<TinyLlamaOptions["config"]>;

const halves = { pairing: "halves" } as const;
const noBias = { query: false, key: false, value: false, output: false };
const yarn = {
  type: "yarn",
  factor: 4,
  originalMaxPositionEmbeddings: 512,
  betaFast: 32,
  betaSlow: 1,
  attentionFactor: 1.3,
} as const;

function lower(model: LoadedModel, contextLength = 64): LoweredGraph {
  return lowerGraph(model, matchGraph(model.graph, model.name), contextLength);
}

function lowerConfig(config: Config, contextLength?: number): LoweredGraph {
  return lower(tinyLlama({ config }), contextLength);
}

function refusal(model: LoadedModel): BayLingError {
  try {
    lower(model);
  } catch (error) {
    if (BayLingError.isInstance(error) && error.code === "architecture-not-supported") return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The tiny model with some of its nodes changed. */
function changed(change: (node: GraphNode) => GraphNode, config: Config = {}): LoadedModel {
  const model = tinyLlama({ config });
  return { ...model, graph: { ...model.graph, nodes: model.graph.nodes.map(change) } };
}

describe("the architecture", () => {
  it.each<[string, Config, string, number]>([
    ["interleaved pairs", {}, "llama", 0],
    ["halves with biases", { rope: halves, attentionBias: { ...noBias, query: true, output: true } }, "llama", 0],
    ["a window as long as the context", { slidingWindow: 64 }, "llama", 0],
    ["a shorter window", { slidingWindow: 63 }, "granite_swa", 63],
    ["norms of heads", { queryKeyNorm: true }, "qwen3", 0],
    ["norms of heads, and a window that is longer", { queryKeyNorm: true, slidingWindow: 100 }, "qwen3", 0],
  ])("follows the graph: %s", (_, config, architecture, slidingWindow) => {
    const lowered = lowerConfig(config);
    expect([lowered.architecture, lowered.slidingWindow]).toEqual([architecture, slidingWindow]);
    expect(lowered.metadata.get("general.architecture")?.value).toBe(architecture);
    for (const key of lowered.metadata.keys()) expect(key).toMatch(RegExp(`^(${architecture}|general|tokenizer)\\.`));
  });
});

describe("the rotation", () => {
  it("is in factors of a base of 1, also where only a part of each head turns", async () => {
    const model = tinyLlama({ config: { rope: { rotaryDimension: 8, theta: 500 } } });
    const { metadata, tensors } = lower(model);
    expect(metadata.get("llama.rope.freq_base")?.value).toBe(1);
    expect(metadata.get("llama.rope.dimension_count")?.value).toBe(model.config.headSize);
    const factors = tensors.find(({ name }) => name === "rope_freqs.weight")!;
    const bytes = factors.data as Uint8Array<ArrayBuffer>;
    const frequencies = [...new Float32Array(bytes.buffer)].map((factor) => 1 / factor);
    const expected = [0, 1, 2, 3].map((pair) => 500 ** (-pair / 4));
    for (const [pair, frequency] of expected.entries()) expect(frequencies[pair]).toBeCloseTo(frequency, 6);
    for (const frequency of frequencies.slice(4)) expect(Math.fround(1 + frequency * 1e6)).toBe(1);
  });

  it("keeps the magnitude of YaRN", () => {
    expect(lowerConfig({ rope: { scaling: yarn } }).metadata.get("llama.rope.scaling.attn_factor")?.value).toBe(1.3);
    const { metadata } = lowerConfig({ queryKeyNorm: true, rope: { scaling: yarn } });
    expect(metadata.get("qwen3.rope.scaling.type")?.value).toBe("yarn");
    expect(metadata.get("qwen3.rope.scaling.attn_factor")?.value).toBeCloseTo(1.3 / (1 + 0.1 * Math.log(4)), 12);
  });
});

describe("what llama.cpp cannot run is refused by name", () => {
  it.each<[string, Config, RegExp]>([
    ["norms of heads and a window", { queryKeyNorm: true, slidingWindow: 5 }, /"attention".*sliding window/],
    [
      "norms of heads and a bias of the output",
      { queryKeyNorm: true, attentionBias: { ...noBias, output: true } },
      /"linear 0.attention.output"/,
    ],
    ["norms of heads that turn in part", { queryKeyNorm: true, rope: { rotaryDimension: 8 } }, /"rope"/],
    [
      "norms of heads and other turns of YaRN",
      { queryKeyNorm: true, rope: { scaling: { ...yarn, betaFast: 4 } } },
      /"rope"/,
    ],
    ["a magnitude of a part of each head", { rope: { rotaryDimension: 8, scaling: yarn } }, /"rope".*magnitude 1.3/],
    ["heads of an odd size", { headSize: 7, rope: { rotaryDimension: 6 } }, /"rope".*3 pairs of a head of 7/],
    ["more layers than it has room for", { numHiddenLayers: 513, hiddenSize: 2, intermediateSize: 2 }, /513/],
    ["a negative epsilon", { rmsNormEpsilon: -1e-5 }, /"rmsNorm".*-0.00001/],
    ["an epsilon that is no number", { rmsNormEpsilon: Number.NaN }, /"rmsNorm".*NaN/],
    ["heads that KV heads do not divide", { numAttentionHeads: 4, numKeyValueHeads: 3 }, /"attention".*4 and 3/],
    ["a factor that is no number", { rope: { frequencyFactors: [1, 1, 1, 1, 1, Number.NaN] } }, /"rope".*NaN/],
  ])("%s", (_, config, message) => {
    expect(refusal(tinyLlama({ config })).message).toMatch(message);
  });

  it.each<[string, (node: GraphNode) => GraphNode, RegExp]>([
    ["another scale", (node) => (node.op === "attention" ? { ...node, scale: 1 } : node), /"attention 1.attention"/],
    [
      "a shared KV cache",
      (node) => (node.op === "attention" ? { ...node, layer: 0 } : node),
      /"attention 1.attention"/,
    ],
    [
      "a window in one layer",
      (node) => (node.op === "attention" && node.layer === 0 ? { ...node, window: 9 } : node),
      /"attention 0.attention".*one window/,
    ],
    [
      "another epsilon in one layer",
      (node) => (node.op === "rmsNorm" && node.output.name.startsWith("0.feed") ? { ...node, epsilon: 1 } : node),
      /"rmsNorm 0.feed_forward.norm".*one epsilon/,
    ],
    [
      "keys that turn in another way",
      (node) => (node.op === "rope" && node.input.name === "0.key" ? { ...node, pairing: "halves" } : node),
      /"rope 0.key.rope".*one rope/,
    ],
    [
      "a sum instead of a product",
      (node) => (node.op === "swiglu" ? { op: "add", left: node.gate, right: node.up, output: node.output } : node),
      /"add 1.swiglu".*operation "swiglu"/,
    ],
    [
      "a bias of the scores",
      (node) =>
        node.op === "linear" && node.output.name === "scores" ? { ...node, bias: { name: "b", shape: [257] } } : node,
      /"linear scores".*no bias/,
    ],
    [
      "a bias of a gate",
      (node) =>
        node.op === "linear" && node.output.name === "0.gate" ? { ...node, bias: { name: "b", shape: [80] } } : node,
      /"linear 0.gate".*no bias/,
    ],
    [
      "a projection that skips the norm",
      (node) =>
        node.op === "linear" && node.output.name === "0.up"
          ? { ...node, input: { name: "embedding", rows: "tokens", width: 48 } }
          : node,
      /"linear 0.up".*one norm/,
    ],
  ])("%s", (_, change, message) => {
    expect(refusal(changed(change)).message).toMatch(message);
  });

  it("a circle", () => {
    const back = { name: "1.feed_forward.residual", rows: "tokens", width: 48 } as const;
    const turn = (node: GraphNode) => {
      if (node.op === "add" && node.output.name === "0.attention.residual") return { ...node, left: back };
      return node.op === "rmsNorm" && node.output.name === "0.attention.norm" ? { ...node, input: back } : node;
    };
    expect(refusal(changed(turn)).message).toMatch(/"add 1.feed_forward.residual".*in one place/);
  });

  it("a node that nothing reads", () => {
    const model = tinyLlama();
    const stray: GraphNode = {
      ...model.graph.nodes[0]!,
      output: { name: "stray", rows: "tokens", width: 48 },
    } as GraphNode;
    const nodes = [...model.graph.nodes, stray];
    expect(refusal({ ...model, graph: { ...model.graph, nodes } }).message).toMatch(/"embed stray".*no place/);
  });

  it("but takes a sum with its sides exchanged", () => {
    const exchange = (node: GraphNode) => (node.op === "add" ? { ...node, left: node.right, right: node.left } : node);
    expect(lower(changed(exchange)).architecture).toBe("llama");
  });
});
