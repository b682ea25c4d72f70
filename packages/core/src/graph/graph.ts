import type { ModelConfig, RopePairing } from "./model-config.ts";

/**
 * A model as data: an ordered list of typed nodes without weights and without a loop. A backend may interpret it node
 * by node, compile it into fused kernels, or check it against what another engine runs.
 *
 * The number of rows is symbolic: `tokens` (all rows of the batch) or `outputs` (the rows whose scores are wanted).
 * Widths are numbers.
 */
export type Rows = "tokens" | "outputs";

/** An activation: a row-major f32 matrix of [rows, width]. Every value is written by exactly one node. */
export interface Value {
  readonly name: string;
  readonly rows: Rows;
  readonly width: number;
}

/**
 * A weight by its Hugging Face tensor name. Matrices have the shape [rows, columns] = [outputs, inputs] and are
 * row-major; vectors have the shape [length].
 */
export interface WeightReference {
  readonly name: string;
  readonly shape: readonly [length: number] | readonly [rows: number, columns: number];
}

/** output[r] = table[ids[r]] */
export interface EmbedNode {
  readonly op: "embed";
  readonly table: WeightReference;
  readonly output: Value;
}

/**
 * output = input / sqrt(mean(input²) + epsilon) · weight (Zhang & Sennrich, arXiv 1910.07467), over groups of
 * `groupSize` elements: the whole row, or each head (Qwen3's query/key norm). `weight` has `groupSize` elements.
 */
export interface RmsNormNode {
  readonly op: "rmsNorm";
  readonly input: Value;
  readonly weight: WeightReference;
  readonly groupSize: number;
  readonly epsilon: number;
  readonly output: Value;
}

/** output[r][o] = Σ_i weight[o][i] · input[r][i] (+ bias[o]) */
export interface LinearNode {
  readonly op: "linear";
  readonly input: Value;
  readonly weight: WeightReference;
  readonly bias?: WeightReference | undefined;
  readonly output: Value;
}

/**
 * Turns pair i of every head by position · frequencies[i] (Su et al., arXiv 2104.09864) and multiplies it by
 * `magnitude`. `frequencies` are float64 and hold all scaling (linear, Llama 3, YaRN), so no backend needs to know
 * the kinds. Elements beyond 2 · frequencies.length pass through unchanged.
 * Hazard: make sine and cosine tables in float64 on the host; the `sin` of a GPU can be off by 1e-4.
 */
export interface RopeNode {
  readonly op: "rope";
  readonly input: Value;
  readonly headSize: number;
  readonly pairing: RopePairing;
  /** Radians a position, one for each pair. */
  readonly frequencies: readonly number[];
  readonly magnitude: number;
  readonly output: Value;
}

/**
 * Causal grouped-query attention (Ainslie et al., arXiv 2305.13245). Writes `key` and `value` of every row into the
 * KV cache of the row's sequence at the row's position, then lets query head h attend to KV head
 * floor(h · keyValueHeads / heads) over positions max(0, p − window + 1) … p.
 */
export interface AttentionNode {
  readonly op: "attention";
  readonly layer: number;
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Multiplies the scores before softmax: 1 / sqrt(headSize). */
  readonly scale: number;
  readonly window?: number | undefined;
  readonly output: Value;
}

/** output = gate · sigmoid(gate) · up (Shazeer, arXiv 2002.05202) */
export interface SwigluNode {
  readonly op: "swiglu";
  readonly gate: Value;
  readonly up: Value;
  readonly output: Value;
}

/** output = left + right */
export interface AddNode {
  readonly op: "add";
  readonly left: Value;
  readonly right: Value;
  readonly output: Value;
}

/** Keeps the rows whose scores are wanted: from here on rows count `outputs` instead of `tokens`. */
export interface SelectNode {
  readonly op: "select";
  readonly input: Value;
  readonly output: Value;
}

export type GraphNode =
  | EmbedNode
  | RmsNormNode
  | LinearNode
  | RopeNode
  | AttentionNode
  | SwigluNode
  | AddNode
  | SelectNode;

/** The name of an operation; kernels, files and conformance cases carry it too. */
export type Operation = GraphNode["op"];

export interface Graph {
  /** In an order in which they can run. */
  readonly nodes: readonly GraphNode[];
  /** Every weight, once, in order of first use. */
  readonly weights: readonly WeightReference[];
  /** The final hidden states after the last norm, [outputs, hiddenSize]: what embeddings are made of. */
  readonly hidden: Value;
  /** Unnormalised scores (logits), [outputs, vocabularySize]. */
  readonly scores: Value;
  readonly config: ModelConfig;
}
