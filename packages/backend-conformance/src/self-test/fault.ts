import type { Graph, GraphNode } from "@bayling/core/backend";

/** Mistakes that a backend can make in the mathematics: each turns the graph into a wrong one. */
export type GraphFault =
  | "pairs the other half"
  | "ignores rope scaling"
  | "ignores the magnitude"
  | "turns backwards"
  | "turns the whole head"
  | "ignores the window"
  | "makes the window one too long"
  | "takes the wrong scale"
  | "ignores epsilon"
  | "ignores biases"
  | "normalises no heads"
  | "leaves out the up projection";

const graphFaults: Readonly<Record<GraphFault, (node: GraphNode, graph: Graph) => GraphNode>> = {
  "pairs the other half": (node) =>
    node.op === "rope" ? { ...node, pairing: node.pairing === "halves" ? "interleaved" : "halves" } : node,
  "ignores rope scaling": (node, { config }) => {
    if (node.op !== "rope") return node;
    const pairs = node.frequencies.length;
    return { ...node, frequencies: node.frequencies.map((_, pair) => config.rope.theta ** (-pair / pairs)) };
  },
  "ignores the magnitude": (node) => (node.op === "rope" ? { ...node, magnitude: 1 } : node),
  "turns backwards": (node) =>
    node.op === "rope" && node.input.name.includes("key")
      ? { ...node, frequencies: node.frequencies.map((frequency) => -frequency) }
      : node,
  "turns the whole head": (node) => {
    if (node.op !== "rope") return node;
    const pairs = node.headSize / 2;
    return { ...node, frequencies: Array.from({ length: pairs }, (_, pair) => node.frequencies[pair] ?? 0.01) };
  },
  "ignores the window": (node) => (node.op === "attention" ? { ...node, window: undefined } : node),
  "makes the window one too long": (node) =>
    node.op === "attention" && node.window !== undefined ? { ...node, window: node.window + 1 } : node,
  "takes the wrong scale": (node) =>
    node.op === "attention" ? { ...node, scale: 1 / Math.sqrt(node.keyValueHeads * node.headSize) } : node,
  "ignores epsilon": (node) => (node.op === "rmsNorm" ? { ...node, epsilon: 1e-5 } : node),
  "ignores biases": (node) => (node.op === "linear" ? { ...node, bias: undefined } : node),
  "normalises no heads": (node, { config }) =>
    node.op === "rmsNorm" && node.groupSize !== config.hiddenSize ? { ...node, op: "select" } : node,
  "leaves out the up projection": (node) =>
    node.op === "swiglu" ? { op: "add", left: node.gate, right: node.up, output: node.output } : node,
};

/** Mistakes in everything around the mathematics. */
export type BehaviourFault =
  | "has an id in capitals"
  | "has no name for its device"
  | "progress stops short"
  | "progress falls"
  | "loads although aborted"
  | "hides the reason of an abort"
  | "hides what a source says"
  | "takes every weight type"
  | "reads a tensor that is not in the graph"
  | "models share weights"
  | "grants more positions than asked"
  | "declares no flag for top"
  | "starts at position 1"
  | "declares fork without doFork"
  | "has doFork undeclared"
  | "last returns the first row"
  | "all returns one row"
  | "none returns scores"
  | "embeddings before the norm"
  | "top is not sorted"
  | "top gives scores instead of log-probabilities"
  | "ignores the ids of top"
  | "results swap places"
  | "items see each other"
  | "forgets the chunk before"
  | "jitters"
  | "truncates one short"
  | "truncates nothing"
  | "truncates every sequence"
  | "fork shares the cache"
  | "fork forgets the last token"
  | "fork dies with its parent"
  | "fork is not counted"
  | "ignores masks"
  | "masks with a large number"
  | "masks bit 31 wrongly"
  | "takes the first mask for all"
  | "mask changes log-probabilities"
  | "mask sticks"
  | "samples without the position"
  | "samples without the history"
  | "samples one step too many"
  | "keeps the last drawn token"
  | "ignores stop tokens"
  | "ignores the seed"
  | "limits nothing"
  | "never frees a place"
  | "loses the last position"
  | "loses tokens of full batches"
  | "ignores an aborted signal"
  | "position stays after an abort"
  | "one position stays after an abort"
  | "keeps the items before the aborted one"
  | "aborts after the call"
  | "reuses its result array"
  | "keeps its result as the cache"
  | "keeps the caller's tokens"
  | "writes into the caller's tokens"
  | "disposes twice"
  | "sequences die with an error";

export type Fault = GraphFault | BehaviourFault;

export function brokenGraph(graph: Graph, fault: Fault | undefined): Graph {
  if (fault === undefined || !(fault in graphFaults)) return graph;
  const change: (node: GraphNode, graph: Graph) => GraphNode = graphFaults[fault as GraphFault];
  return { ...graph, nodes: graph.nodes.map((node) => change(node, graph)) };
}
