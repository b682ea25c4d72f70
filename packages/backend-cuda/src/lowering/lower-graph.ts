import type { GgufEntry } from "@bayling/core";
import type { LoadedModel, RopePairing } from "@bayling/core/backend";
import { lowerWeights } from "./lower-weights.ts";
import { type LoweredTensor, lowerNumbers } from "./lowered-tensor.ts";
import type { MatchedGraph } from "./matched-graph.ts";
import { notInLlamaCpp } from "./not-in-llama-cpp.ts";
import { ropeOfLlamaCpp, sameRotation, yarnMagnitude } from "./rope-of-llama-cpp.ts";

/**
 * The decoders of llama.cpp that graphs are written for.
 * - `llama`: pairs interleaved, any rotation (by frequency factors), biases of all projections of attention
 * - `granite_swa`: the same with a sliding window; its sinks and scales are written so that they do nothing
 * - `qwen3`: heads normed before RoPE; pairs in halves, no frequency factors, no bias of the output
 */
export type LoweredArchitecture = "llama" | "granite_swa" | "qwen3";

/** The content of the GGUF file that makes llama.cpp run a graph. */
export interface LoweredGraph {
  readonly architecture: LoweredArchitecture;
  /** The window of attention, or 0 where it is never shorter than the context. */
  readonly slidingWindow: number;
  readonly metadata: ReadonlyMap<string, GgufEntry>;
  readonly tensors: readonly LoweredTensor[];
  /** Of all tensors. */
  readonly byteLength: number;
  readonly pairing: RopePairing;
}

/** More abort the process (`LLAMA_MAX_LAYERS`). */
const mostLayers = 512;

/** A pair whose position is divided by it does not turn: its sine is below the last bit of every f32. */
const noTurn = 1e30;

/** The logit of an attention sink that takes no attention. */
const noSink = -1e30;

/**
 * Writes a graph down as a file that llama.cpp runs in exactly the same way.
 * @throws BayLingError `architecture-not-supported` that names the node and what llama.cpp lacks
 */
export function lowerGraph(model: LoadedModel, graph: MatchedGraph, contextLength: number): LoweredGraph {
  checkSizes(model, graph);
  const slidingWindow = graph.window !== undefined && graph.window < contextLength ? graph.window : 0;
  const architecture = chooseArchitecture(model, graph, slidingWindow);
  const metadata = describe(model, graph, architecture);
  const pairing = architecture === "qwen3" ? "halves" : "interleaved";
  const tensors = [...lowerWeights(model, graph, pairing)];
  if (architecture === "qwen3") {
    describeRotation(model, graph, metadata);
  } else {
    metadata.set(`${architecture}.rope.freq_base`, float(1));
    metadata.set(`${architecture}.rope.scaling.type`, text("none"));
    metadata.set(`${architecture}.rope.scaling.attn_factor`, float(graph.rope.magnitude));
    tensors.push(lowerNumbers("rope_freqs.weight", rotationFactors(graph)));
  }
  if (architecture === "granite_swa") {
    const pattern = new Uint8Array(graph.layers.length).fill(1);
    metadata.set("granite_swa.logit_scale", float(1));
    metadata.set("granite_swa.attention.sliding_window", integer(slidingWindow));
    metadata.set("granite_swa.attention.sliding_window_pattern", {
      type: "array",
      value: { elementType: "bool", values: pattern },
    });
    const sinks = Array(graph.heads).fill(noSink);
    for (const layer of graph.layers.keys()) tensors.push(lowerNumbers(`blk.${layer}.attn_sinks.weight`, sinks));
  }
  const byteLength = tensors.reduce((total, tensor) => total + tensor.byteLength, 0);
  return { architecture, slidingWindow, metadata, tensors, byteLength, pairing };
}

/** What llama.cpp would abort the process for, or divide by. */
function checkSizes({ name }: LoadedModel, graph: MatchedGraph): void {
  const { layers, heads, keyValueHeads, headSize, rope, epsilon } = graph;
  if (layers.length < 1 || layers.length > mostLayers) {
    throw notInLlamaCpp(name, undefined, `llama.cpp runs 1 to ${mostLayers} layers`, String(layers.length));
  }
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    throw notInLlamaCpp(name, "rmsNorm", "llama.cpp takes no such epsilon", String(epsilon));
  }
  if (heads % keyValueHeads !== 0) {
    const received = `${heads} and ${keyValueHeads}`;
    throw notInLlamaCpp(name, "attention", "llama.cpp shares each KV head among as many query heads", received);
  }
  if (headSize % 2 !== 0 || rope.frequencies.length * 2 > headSize) {
    const received = `${rope.frequencies.length} pairs of a head of ${headSize}`;
    throw notInLlamaCpp(name, "rope", "llama.cpp turns heads of an even size", received);
  }
  const wrong = rope.frequencies.find((frequency) => !(frequency > 0 && Number.isFinite(frequency)));
  if (wrong !== undefined) throw notInLlamaCpp(name, "rope", "llama.cpp divides by this frequency", String(wrong));
}

function chooseArchitecture(
  { name }: LoadedModel,
  { layers, rope, headSize }: MatchedGraph,
  slidingWindow: number,
): LoweredArchitecture {
  for (const [index, layer] of layers.entries()) {
    for (const [part, projection] of Object.entries({ gate: layer.gate, up: layer.up, down: layer.down })) {
      if (projection.bias === undefined) continue;
      throw notInLlamaCpp(name, `linear ${index}.${part}`, "llama.cpp adds no bias in this place");
    }
  }
  const partial = rope.frequencies.length * 2 < headSize;
  if (partial && rope.magnitude !== 1) {
    throw notInLlamaCpp(
      name,
      "rope",
      "llama.cpp scales all elements of a head alike, and here only those that turn are scaled",
      `magnitude ${rope.magnitude}`,
    );
  }
  const normed = layers.filter(({ queryNorm, keyNorm }) => queryNorm !== undefined && keyNorm !== undefined).length;
  const plain = layers.filter(({ queryNorm, keyNorm }) => queryNorm === undefined && keyNorm === undefined).length;
  if (plain === layers.length) return slidingWindow > 0 ? "granite_swa" : "llama";
  if (normed !== layers.length) {
    throw notInLlamaCpp(name, "rmsNorm query.norm", "llama.cpp norms the queries and keys of all layers or of none");
  }
  if (slidingWindow > 0) {
    const problem = "llama.cpp has no decoder that norms queries and keys like this and has a sliding window";
    throw notInLlamaCpp(name, "attention", problem, `a window of ${slidingWindow}`);
  }
  const biased = layers.findIndex(({ output }) => output.bias !== undefined);
  if (biased >= 0) {
    const problem = "llama.cpp has no decoder that norms queries and keys like this and adds a bias here";
    throw notInLlamaCpp(name, `linear ${biased}.attention.output`, problem);
  }
  return "qwen3";
}

function describe(
  { config }: LoadedModel,
  graph: MatchedGraph,
  architecture: LoweredArchitecture,
): Map<string, GgufEntry> {
  const { layers, hiddenSize, intermediateSize, heads, keyValueHeads, headSize, epsilon, table } = graph;
  const key = (name: string) => `${architecture}.${name}`;
  return new Map<string, GgufEntry>([
    ["general.architecture", text(architecture)],
    [key("vocab_size"), integer(table.shape[0])],
    [key("context_length"), integer(Math.min(config.maxPositionEmbeddings, 2 ** 31 - 1))],
    [key("embedding_length"), integer(hiddenSize)],
    [key("block_count"), integer(layers.length)],
    [key("feed_forward_length"), integer(intermediateSize)],
    [key("attention.head_count"), integer(heads)],
    [key("attention.head_count_kv"), integer(keyValueHeads)],
    [key("attention.key_length"), integer(headSize)],
    [key("attention.value_length"), integer(headSize)],
    [key("attention.layer_norm_rms_epsilon"), float(epsilon)],
    [key("rope.dimension_count"), integer(headSize)],
    ["tokenizer.ggml.model", text("no_vocab")],
  ]);
}

/**
 * Divisors of the position, one a pair. With a base of 1 they say the whole rotation, each angle rounded once; pairs
 * that llama.cpp would derive from a base are rounded again from pair to pair.
 */
function rotationFactors({ rope, headSize }: MatchedGraph): readonly number[] {
  return Array.from({ length: headSize / 2 }, (_, pair) => {
    const frequency = rope.frequencies[pair];
    return frequency === undefined ? noTurn : Math.min(1 / frequency, noTurn);
  });
}

/** Says the rotation of a graph in the hyper-parameters of `qwen3`, which takes no factors. */
function describeRotation(model: LoadedModel, { rope, headSize }: MatchedGraph, metadata: Map<string, GgufEntry>) {
  const { theta, scaling } = model.config.rope;
  const yarn = scaling?.type === "yarn";
  const parameters = {
    theta,
    factor: scaling?.factor ?? 1,
    yarn,
    originalContextLength: yarn ? scaling.originalMaxPositionEmbeddings : model.config.maxPositionEmbeddings,
    attentionFactor: rope.magnitude / (yarn ? yarnMagnitude(scaling.factor) : 1),
  };
  if (!sameRotation(rope, ropeOfLlamaCpp(parameters, headSize))) {
    throw notInLlamaCpp(
      model.name,
      "rope",
      "llama.cpp's decoder that norms queries and keys turns whole heads by a base, scaled linearly or by YaRN with " +
        "32 and 1 turns, and this rotation is none of them",
    );
  }
  metadata.set("qwen3.rope.freq_base", float(parameters.theta));
  metadata.set("qwen3.rope.scaling.type", text(yarn ? "yarn" : "linear"));
  metadata.set("qwen3.rope.scaling.factor", float(parameters.factor));
  if (yarn) metadata.set("qwen3.rope.scaling.original_context_length", integer(parameters.originalContextLength));
  metadata.set("qwen3.rope.scaling.attn_factor", float(parameters.attentionFactor));
}

function text(value: string): GgufEntry {
  return { type: "string", value };
}

function float(value: number): GgufEntry {
  return { type: "float32", value };
}

function integer(value: number): GgufEntry {
  return { type: "uint32", value };
}
