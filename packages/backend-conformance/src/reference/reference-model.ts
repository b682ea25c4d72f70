import type { Graph, GraphNode, WeightReference } from "@bayling/core/backend";
import type { TinyLlama } from "../tiny-llama/tiny-llama.ts";
import { decodeTensor } from "./decode-tensor.ts";
import * as operations from "./reference-operations.ts";

/** What a token sequence gives in float64, one row a token. */
export interface ReferenceRows {
  /** Unnormalised scores, [vocabularySize] each. */
  readonly scores: readonly Float64Array[];
  /** Final hidden states, [hiddenSize] each. */
  readonly hidden: readonly Float64Array[];
}

/**
 * The oracle: runs the graph in float64 on the exactly dequantized weights. It has no KV cache and no state; every
 * call computes the whole sequence from its first token, so no mistake about positions or caches can hide in it.
 */
export class ReferenceModel {
  readonly graph: Graph;
  readonly #weights: ReadonlyMap<string, Float64Array>;
  readonly #known: Map<string, ReferenceRows> = new Map();

  constructor(graph: Graph, weights: ReadonlyMap<string, Float64Array>) {
    this.graph = graph;
    this.#weights = weights;
  }

  static of({ graph, weights }: TinyLlama): ReferenceModel {
    return new ReferenceModel(
      graph,
      new Map([...weights.tensors].map(([name, tensor]) => [name, decodeTensor(tensor)])),
    );
  }

  /** Scores and hidden states after every token. */
  evaluate(tokens: ArrayLike<number>): ReferenceRows {
    const key = Array.from(tokens).join(" ");
    const known = this.#known.get(key) ?? this.#evaluate(tokens);
    this.#known.set(key, known);
    return known;
  }

  /** The scores after the last token. */
  last(tokens: ArrayLike<number>): Float64Array {
    return this.evaluate(tokens).scores.at(-1)!;
  }

  #evaluate(tokens: ArrayLike<number>): ReferenceRows {
    const values = new Map<string, Float64Array>();
    for (const node of this.graph.nodes) values.set(node.output.name, this.#run(node, values, tokens));
    const rows = (name: string, width: number) => {
      const matrix = values.get(name)!;
      return Array.from(tokens, (_, row) => matrix.slice(row * width, (row + 1) * width));
    };
    const { scores, hidden } = this.graph;
    return { scores: rows(scores.name, scores.width), hidden: rows(hidden.name, hidden.width) };
  }

  #run(node: GraphNode, values: ReadonlyMap<string, Float64Array>, tokens: ArrayLike<number>): Float64Array {
    const value = ({ name }: { readonly name: string }) => values.get(name)!;
    const weight = (reference: WeightReference) => this.#weights.get(reference.name)!;
    switch (node.op) {
      case "embed":
        return operations.embed(weight(node.table), node.output.width, tokens);
      case "rmsNorm":
        return operations.rmsNorm(value(node.input), weight(node.weight), node.groupSize, node.epsilon);
      case "linear":
        return operations.linear(
          value(node.input),
          weight(node.weight),
          node.input.width,
          node.bias && weight(node.bias),
        );
      case "rope": {
        const positions = Array.from(tokens, (_, position) => position);
        return operations.rope(value(node.input), { ...node, width: node.input.width, positions });
      }
      case "attention":
        return operations.attention(value(node.query), value(node.key), value(node.value), node);
      case "swiglu":
        return operations.swiglu(value(node.gate), value(node.up));
      case "add":
        return operations.add(value(node.left), value(node.right));
      case "select": // every row is wanted here
        return value(node.input);
    }
  }
}
