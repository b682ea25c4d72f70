import type { GgufEntry } from "@bayling/core";
import { BayLingError, type LoadedModel } from "@bayling/core/backend";
import { type LoweredTensor, lowerNumbers, lowerWeight, type RowOrder } from "./lowered-tensor.ts";
import { type MatchedGraph, type MatchedLayer, notInLlamaCpp, type Projection } from "./matched-graph.ts";
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
  const tensors: LoweredTensor[] = [];
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
  }
  tensors.push(...lowerWeights(model, graph, architecture));
  return { architecture, slidingWindow, metadata, tensors };
}

/** What would abort the process, or overflow the integers of the file. */
function checkSizes({ name }: LoadedModel, { layers, headSize, rope }: MatchedGraph): void {
  if (layers.length < 1 || layers.length > mostLayers) {
    throw notInLlamaCpp(name, undefined, `llama.cpp runs 1 to ${mostLayers} layers`, String(layers.length));
  }
  if (headSize % 2 !== 0 || rope.frequencies.length * 2 > headSize) {
    const received = `${rope.frequencies.length} pairs of a head of ${headSize}`;
    throw notInLlamaCpp(name, "rope", "llama.cpp turns heads of an even size", received);
  }
  const unordered = rope.frequencies.findIndex((frequency) => !(frequency > 0 && Number.isFinite(frequency)));
  if (unordered >= 0) {
    const received = String(rope.frequencies[unordered]);
    throw notInLlamaCpp(name, "rope", "llama.cpp has no place for this frequency", received);
  }
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
    [key("context_length"), integer(config.maxPositionEmbeddings)],
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
  metadata.set("qwen3.rope.scaling.original_context_length", integer(parameters.originalContextLength));
  metadata.set("qwen3.rope.scaling.attn_factor", float(parameters.attentionFactor));
}

function lowerWeights(
  { weights }: LoadedModel,
  graph: MatchedGraph,
  architecture: LoweredArchitecture,
): readonly LoweredTensor[] {
  const wanted = architecture === "qwen3" ? "halves" : "interleaved";
  const order = graph.rope.pairing === wanted ? undefined : rowOrder(graph, wanted);
  const tensors = [
    lowerWeight(weights, "token_embd.weight", graph.table),
    lowerWeight(weights, "output_norm.weight", graph.norm),
  ];
  // Absent where it is the table: llama.cpp then takes that.
  if (graph.head.name !== graph.table.name) tensors.push(lowerWeight(weights, "output.weight", graph.head));
  for (const [index, layer] of graph.layers.entries()) {
    const vector = (part: string, name: keyof MatchedLayer, rows?: RowOrder) => {
      const weight = layer[name] as MatchedLayer["attentionNorm"] | undefined;
      if (weight !== undefined) tensors.push(lowerWeight(weights, `blk.${index}.${part}.weight`, weight, rows));
    };
    const projection = (part: string, { weight, bias }: Projection, rows?: RowOrder) => {
      tensors.push(lowerWeight(weights, `blk.${index}.${part}.weight`, weight, rows));
      if (bias !== undefined) tensors.push(lowerWeight(weights, `blk.${index}.${part}.bias`, bias, rows));
    };
    vector("attn_norm", "attentionNorm");
    projection("attn_q", layer.query, order);
    projection("attn_k", layer.key, order);
    projection("attn_v", layer.value);
    vector("attn_q_norm", "queryNorm", order);
    vector("attn_k_norm", "keyNorm", order);
    projection("attn_output", layer.output);
    if (architecture === "granite_swa") {
      tensors.push(lowerNumbers(`blk.${index}.attn_sinks.weight`, Array(graph.heads).fill(noSink)));
    }
    vector("ffn_norm", "feedForwardNorm");
    projection("ffn_gate", layer.gate);
    projection("ffn_up", layer.up);
    projection("ffn_down", layer.down);
  }
  return tensors;
}

/**
 * How the elements of a head change places when their pairs do. Scores of attention are sums over a head, so the same
 * change of queries and keys leaves them as they are.
 */
function rowOrder({ rope, headSize }: MatchedGraph, wanted: "interleaved" | "halves"): RowOrder {
  const pairs = rope.frequencies.length;
  // Elements that do not turn have to fill the places of pairs too, so they are paired as the others are.
  const rest = Array.from({ length: headSize - 2 * pairs }, (_, index) => 2 * pairs + index);
  const firsts = Array.from({ length: pairs }, (_, pair) => (wanted === "halves" ? 2 * pair : pair));
  const seconds = firsts.map((first) => (wanted === "halves" ? first + 1 : first + pairs));
  if (wanted === "halves") return [...firsts, ...seconds, ...rest];
  return [...firsts.flatMap((first, pair) => [first, seconds[pair]!]), ...rest];
}

function text(value: string): GgufEntry {
  return { type: "string", value };
}

function float(value: number): GgufEntry {
  return { type: "float32", value };
}

function integer(value: number): GgufEntry {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return { type: "uint32", value };
  throw new BayLingError("architecture-not-supported", {
    problem: "llama.cpp counts with 32 bits",
    received: String(value),
  });
}
