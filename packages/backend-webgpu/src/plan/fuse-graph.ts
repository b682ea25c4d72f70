import {
  type AttentionNode,
  BayLingError,
  type Graph,
  type GraphNode,
  type LinearNode,
  type Operation,
  type RmsNormNode,
  type RopeNode,
  type Value,
  type WeightReference,
} from "@bayling/core/backend";

export interface Norm {
  /** [groupSize] */
  readonly weight: WeightReference;
  readonly epsilon: number;
}

export interface Projection {
  /** [outputs, inputs] */
  readonly weight: WeightReference;
  /** [outputs] */
  readonly bias: WeightReference | undefined;
}

/** One layer as the few steps that kernels do: everything between two products of matrices is part of one of them. */
export interface FusedLayer {
  readonly attentionNorm: Norm;
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  /** Norms of every head before rope (Qwen3). */
  readonly queryNorm: Norm | undefined;
  readonly keyNorm: Norm | undefined;
  readonly rotation: RopeNode;
  readonly attention: AttentionNode;
  /** Added to the residual stream. */
  readonly output: Projection;
  readonly feedForwardNorm: Norm;
  readonly gate: WeightReference;
  readonly up: WeightReference;
  /** Added to the residual stream. */
  readonly down: Projection;
}

export interface FusedGraph {
  readonly table: WeightReference;
  readonly layers: readonly FusedLayer[];
  readonly finalNorm: Norm;
  readonly head: WeightReference;
}

/**
 * Recognises the layers of a LLaMA in a graph, and refuses what is anything else: it reads the nodes in order and holds
 * each against what it is fed with.
 * @throws BayLingError `architecture-not-supported`, with the node that has no kernel here
 */
export function fuseGraph(graph: Graph): FusedGraph {
  const nodes = new NodeReader(graph.nodes);
  const embedding = nodes.take("embed");
  let residual = embedding.output;
  const layers: FusedLayer[] = [];
  while (nodes.next()?.op === "rmsNorm") {
    const layer = readLayer(nodes, residual);
    layers.push(layer.fused);
    residual = layer.residual;
  }
  const selected = nodes.take("select", residual).output;
  const finalNorm = nodes.take("rmsNorm", selected);
  const head = nodes.take("linear", finalNorm.output);
  if (head.bias !== undefined) throw nodes.refuse("scores without bias");
  if (nodes.next() !== undefined) throw nodes.refuse("the end of the graph");
  return { table: embedding.table, layers, finalNorm: wholeRow(nodes, finalNorm), head: head.weight };
}

function readLayer(nodes: NodeReader, input: Value): { readonly fused: FusedLayer; readonly residual: Value } {
  const attentionNorm = nodes.take("rmsNorm", input);
  const normed = attentionNorm.output;
  const query = nodes.take("linear", normed);
  const key = nodes.take("linear", normed);
  const value = nodes.take("linear", normed);
  const normsHeads = nodes.next()?.op === "rmsNorm";
  const queryNorm = normsHeads ? nodes.take("rmsNorm", query.output) : undefined;
  const keyNorm = normsHeads ? nodes.take("rmsNorm", key.output) : undefined;
  const rotation = nodes.take("rope", (queryNorm ?? query).output);
  const keyRotation = nodes.take("rope", (keyNorm ?? key).output);
  const attention = nodes.take("attention", rotation.output, keyRotation.output, value.output);
  if (!rotatesAlike(rotation, keyRotation)) throw nodes.refuse("the same rope for queries and keys");
  for (const norm of [queryNorm, keyNorm]) {
    if (norm !== undefined && norm.groupSize !== attention.headSize) throw nodes.refuse("a norm of whole heads");
  }
  const output = nodes.take("linear", attention.output);
  const afterAttention = nodes.take("add", input, output.output).output;
  const feedForwardNorm = nodes.take("rmsNorm", afterAttention);
  const gate = nodes.take("linear", feedForwardNorm.output);
  const up = nodes.take("linear", feedForwardNorm.output);
  const activated = nodes.take("swiglu", gate.output, up.output).output;
  if (gate.bias !== undefined || up.bias !== undefined) throw nodes.refuse("gate and up without bias");
  const down = nodes.take("linear", activated);
  const residual = nodes.take("add", afterAttention, down.output).output;
  return {
    fused: {
      attentionNorm: wholeRow(nodes, attentionNorm),
      ...{ query: projection(query), key: projection(key), value: projection(value) },
      queryNorm,
      keyNorm,
      rotation,
      attention,
      output: projection(output),
      feedForwardNorm: wholeRow(nodes, feedForwardNorm),
      ...{ gate: gate.weight, up: up.weight, down: projection(down) },
    },
    residual,
  };
}

function projection({ weight, bias }: LinearNode): Projection {
  return { weight, bias };
}

function wholeRow(nodes: NodeReader, norm: RmsNormNode): Norm {
  if (norm.groupSize !== norm.input.width) throw nodes.refuse("a norm of the whole row");
  return norm;
}

function rotatesAlike(left: RopeNode, right: RopeNode): boolean {
  return (
    left.pairing === right.pairing &&
    left.headSize === right.headSize &&
    left.magnitude === right.magnitude &&
    left.frequencies.every((frequency, index) => frequency === right.frequencies[index])
  );
}

/** Takes nodes one after the other, as long as they are what is expected. */
class NodeReader {
  readonly #nodes: readonly GraphNode[];
  #position = 0;

  constructor(nodes: readonly GraphNode[]) {
    this.#nodes = nodes;
  }

  next(): GraphNode | undefined {
    return this.#nodes[this.#position];
  }

  /** The next node, which must be this operation on these values, in this order. */
  take<O extends Operation>(op: O, ...inputs: readonly Value[]): Extract<GraphNode, { op: O }> {
    const node = this.next();
    const fits = node?.op === op && inputsOf(node).every((input, index) => inputs[index]?.name === input.name);
    if (!fits) throw this.refuse(`${op}(${inputs.map(({ name }) => name).join(", ")})`);
    this.#position++;
    return node as Extract<GraphNode, { op: O }>;
  }

  refuse(expected: string): BayLingError {
    const node = this.next() ?? this.#nodes.at(-1);
    return new BayLingError("architecture-not-supported", {
      source: "webgpu",
      field: node?.output.name,
      problem: "the graph has a step that this backend has no kernels for",
      expected,
      received: node === undefined ? "an empty graph" : `${node.op}(${inputsOf(node).map(({ name }) => name)})`,
      remedy: "Use the CPU backend, or createGraphBackend(webgpuDevice()), which run any graph",
    });
  }
}

function inputsOf(node: GraphNode): readonly Value[] {
  switch (node.op) {
    case "embed":
      return [];
    case "attention":
      return [node.query, node.key, node.value];
    case "swiglu":
      return [node.gate, node.up];
    case "add":
      return [node.left, node.right];
    default:
      return [node.input];
  }
}
