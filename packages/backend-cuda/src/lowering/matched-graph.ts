import type {
  BayLingError,
  Graph,
  GraphNode,
  Operation,
  RopeNode,
  Value,
  WeightReference,
} from "@bayling/core/backend";
import { notInLlamaCpp } from "./not-in-llama-cpp.ts";
import { near } from "./rope-of-llama-cpp.ts";

/** A matrix with its optional bias. */
export interface Projection {
  readonly weight: WeightReference;
  readonly bias: WeightReference | undefined;
}

/** The weights of one transformer layer, in the order of the computation. */
export interface MatchedLayer {
  readonly attentionNorm: WeightReference;
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  /** Of each head, before RoPE. */
  readonly queryNorm: WeightReference | undefined;
  readonly keyNorm: WeightReference | undefined;
  readonly output: Projection;
  readonly feedForwardNorm: WeightReference;
  readonly gate: Projection;
  readonly up: Projection;
  readonly down: Projection;
}

/** A graph of which every node has been found in the place where llama.cpp's decoders have it. */
export interface MatchedGraph {
  readonly table: WeightReference;
  readonly layers: readonly MatchedLayer[];
  readonly norm: WeightReference;
  readonly head: WeightReference;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly epsilon: number;
  readonly window: number | undefined;
  readonly rope: Pick<RopeNode, "frequencies" | "magnitude" | "pairing">;
}

/** Hyper-parameters that llama.cpp has one of for the whole model. */
type Shared = Pick<
  MatchedGraph,
  "intermediateSize" | "heads" | "keyValueHeads" | "headSize" | "epsilon" | "window" | "rope"
>;

/**
 * Walks a graph from its scores back to its embedding and finds the layers of a LLaMA-like decoder in it.
 * @param source the model's name, for messages
 * @throws BayLingError `architecture-not-supported` that names the first node which llama.cpp has nothing for
 */
export function matchGraph(graph: Graph, source: string): MatchedGraph {
  return new GraphWalk(graph, source).match();
}

type NodeOf<Name extends Operation> = Extract<GraphNode, { readonly op: Name }>;

class GraphWalk {
  readonly #graph: Graph;
  readonly #source: string;
  readonly #producers: ReadonlyMap<string, GraphNode>;
  readonly #visited: Set<GraphNode> = new Set();
  readonly #shared: Partial<Record<keyof Shared, unknown>> = {};

  constructor(graph: Graph, source: string) {
    this.#graph = graph;
    this.#source = source;
    this.#producers = new Map(graph.nodes.map((node) => [node.output.name, node]));
  }

  match(): MatchedGraph {
    const { scores, hidden } = this.#graph;
    const head = this.#take(scores, "linear");
    if (head.bias !== undefined) throw this.#refused(head, "llama.cpp's output projection adds no bias");
    const norm = this.#take(head.input, "rmsNorm");
    if (norm.output.name !== hidden.name) throw this.#refused(norm, "the hidden state is not the input of the scores");
    const selected = this.#take(norm.input, "select");

    const layers: MatchedLayer[] = [];
    let residual = selected.input;
    while (this.#producer(residual)?.op === "add") {
      const layer = this.#layer(residual, this.#depth() - layers.length - 1);
      layers.unshift(layer.weights);
      residual = layer.input;
    }
    const embed = this.#take(residual, "embed");
    const hiddenSize = residual.width;
    this.#norm(norm, hiddenSize);
    const unused = this.#graph.nodes.find((node) => !this.#visited.has(node));
    if (unused !== undefined) throw this.#refused(unused, "llama.cpp has no place for this node");
    const shared = this.#shared as unknown as Shared;
    return { table: embed.table, layers, norm: norm.weight, head: head.weight, hiddenSize, ...shared };
  }

  #depth(): number {
    return this.#graph.nodes.filter(({ op }) => op === "attention").length;
  }

  #layer(output: Value, index: number): { readonly weights: MatchedLayer; readonly input: Value } {
    const feedForward = this.#residual(output);
    const down = this.#take(feedForward.branch, "linear");
    const swiglu = this.#take(down.input, "swiglu");
    const gate = this.#take(swiglu.gate, "linear");
    const up = this.#take(swiglu.up, "linear");
    const feedForwardNorm = this.#commonNorm([gate, up], feedForward.residual);
    this.#share("intermediateSize", swiglu.output.width, swiglu);

    const attended = this.#residual(feedForward.residual);
    const projection = this.#take(attended.branch, "linear");
    const attention = this.#attention(projection.input, index);
    const query = this.#rotated(attention.query, attention.headSize);
    const key = this.#rotated(attention.key, attention.headSize);
    const value = this.#take(attention.value, "linear");
    const attentionNorm = this.#commonNorm([query.linear, key.linear, value], attended.residual);
    const weights: MatchedLayer = {
      attentionNorm,
      query: projectionOf(query.linear),
      key: projectionOf(key.linear),
      value: projectionOf(value),
      queryNorm: query.norm,
      keyNorm: key.norm,
      output: projectionOf(projection),
      feedForwardNorm,
      gate: projectionOf(gate),
      up: projectionOf(up),
      down: projectionOf(down),
    };
    return { weights, input: attended.residual };
  }

  /** The two sides of an addition: the one that a projection gives, and the one that runs past the layer. */
  #residual(sum: Value): { readonly branch: Value; readonly residual: Value } {
    const { left, right } = this.#take(sum, "add");
    return this.#producer(left)?.op === "linear"
      ? { branch: left, residual: right }
      : { branch: right, residual: left };
  }

  #attention(output: Value, layer: number): NodeOf<"attention"> {
    const node = this.#take(output, "attention");
    const { heads, keyValueHeads, headSize, window, scale } = node;
    if (node.layer !== layer)
      throw this.#refused(node, "each layer of llama.cpp has a KV cache of its own", node.layer);
    if (!near(scale, 1 / Math.sqrt(headSize))) {
      throw this.#refused(node, "llama.cpp divides the scores of attention by the root of the head size", scale);
    }
    this.#share("heads", heads, node);
    this.#share("keyValueHeads", keyValueHeads, node);
    this.#share("headSize", headSize, node);
    this.#share("window", window, node);
    return node;
  }

  #rotated(output: Value, headSize: number): { readonly linear: NodeOf<"linear">; readonly norm?: WeightReference } {
    const rope = this.#take(output, "rope");
    if (rope.headSize !== headSize) throw this.#refused(rope, "llama.cpp turns whole heads", rope.headSize);
    const { frequencies, magnitude, pairing } = rope;
    this.#share("rope", { frequencies, magnitude, pairing }, rope);
    if (this.#producer(rope.input)?.op !== "rmsNorm") return { linear: this.#take(rope.input, "linear") };
    const norm = this.#norm(this.#take(rope.input, "rmsNorm"), headSize);
    return { linear: this.#take(norm.input, "linear"), norm: norm.weight };
  }

  /** The norm that all of these projections read from. */
  #commonNorm(projections: readonly NodeOf<"linear">[], input: Value): WeightReference {
    const [first] = projections as readonly [NodeOf<"linear">];
    const other = projections.find((node) => node.input.name !== first.input.name);
    if (other !== undefined) throw this.#refused(other, "llama.cpp has one norm before these projections");
    const norm = this.#norm(this.#take(first.input, "rmsNorm"), input.width);
    if (norm.input.name !== input.name) throw this.#refused(norm, "llama.cpp norms the residual stream here");
    return norm.weight;
  }

  #norm(node: NodeOf<"rmsNorm">, groupSize: number): NodeOf<"rmsNorm"> {
    if (node.groupSize !== groupSize) {
      throw this.#refused(node, `llama.cpp norms groups of ${groupSize} here`, node.groupSize);
    }
    this.#share("epsilon", node.epsilon, node);
    return node;
  }

  #share<Key extends keyof Shared>(key: Key, value: Shared[Key], node: GraphNode): void {
    if (!(key in this.#shared)) {
      this.#shared[key] = value;
      return;
    }
    if (JSON.stringify(this.#shared[key]) === JSON.stringify(value)) return;
    throw this.#refused(node, `llama.cpp has one ${key} for the whole model, and other nodes have another one`);
  }

  #producer(value: Value): GraphNode | undefined {
    return this.#producers.get(value.name);
  }

  #take<Name extends Operation>(value: Value, op: Name): NodeOf<Name> {
    const node = this.#producer(value);
    if (node === undefined) throw this.#refused(undefined, `no node writes ${value.name}`);
    if (node.op !== op) throw this.#refused(node, `llama.cpp has the operation "${op}" in this place`);
    // Each has one place, so a graph that is no graph ends here as well, with a node that leads back to itself.
    if (this.#visited.has(node)) throw this.#refused(node, "llama.cpp reads it in one place, and the graph in several");
    this.#visited.add(node);
    return node as NodeOf<Name>;
  }

  #refused(node: GraphNode | undefined, problem: string, received?: number): BayLingError {
    return notInLlamaCpp(this.#source, node && `${node.op} ${node.output.name}`, problem, received?.toString());
  }
}

function projectionOf({ weight, bias }: NodeOf<"linear">): Projection {
  return { weight, bias };
}
