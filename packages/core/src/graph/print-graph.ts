import type { Graph, GraphNode, Value, WeightReference } from "./graph.ts";

/** The graph as text, one node a line: `name[rows × width] = op(inputs) weights, options`. */
export function printGraph(graph: Graph): string {
  return graph.nodes.map((node) => `${printValue(node.output)} = ${printNode(node)}`).join("\n");
}

function printNode(node: GraphNode): string {
  switch (node.op) {
    case "embed":
      return `embed(tokens) ${printWeight(node.table)}`;
    case "rmsNorm": {
      const groups = node.groupSize === node.input.width ? "" : `, groups of ${node.groupSize}`;
      return `rmsNorm(${node.input.name}) ${printWeight(node.weight)}, epsilon ${Number(node.epsilon.toPrecision(4))}${groups}`;
    }
    case "linear": {
      const bias = node.bias === undefined ? "" : ` + ${printWeight(node.bias)}`;
      return `linear(${node.input.name}) ${printWeight(node.weight)}${bias}`;
    }
    case "rope": {
      const magnitude = node.magnitude === 1 ? "" : `, magnitude ${Number(node.magnitude.toPrecision(6))}`;
      return `rope(${node.input.name}) ${node.pairing}, ${node.frequencies.length} pairs of ${node.headSize / 2}${magnitude}`;
    }
    case "attention": {
      const window = node.window === undefined ? "" : `, window ${node.window}`;
      const heads = `${node.heads} heads over ${node.keyValueHeads} of ${node.headSize}`;
      return `attention(${node.query.name}, ${node.key.name}, ${node.value.name}) cache ${node.layer}, ${heads}${window}`;
    }
    case "swiglu":
      return `swiglu(${node.gate.name}, ${node.up.name})`;
    case "add":
      return `add(${node.left.name}, ${node.right.name})`;
    case "select":
      return `select(${node.input.name})`;
  }
}

function printValue({ name, rows, width }: Value): string {
  return `${name}[${rows} × ${width}]`;
}

function printWeight({ name, shape }: WeightReference): string {
  return `${name}[${shape.join(" × ")}]`;
}
