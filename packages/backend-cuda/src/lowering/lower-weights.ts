import type { LoadedModel, RopePairing } from "@bayling/core/backend";
import { type LoweredTensor, lowerWeight, type RowOrder } from "./lowered-tensor.ts";
import type { MatchedGraph, Projection } from "./matched-graph.ts";

/** The weights of a graph under the names of GGUF, with queries and keys in the order that the pairing asks for. */
export function lowerWeights(
  { weights }: LoadedModel,
  graph: MatchedGraph,
  pairing: RopePairing,
): readonly LoweredTensor[] {
  const order = graph.rope.pairing === pairing ? undefined : rowOrder(graph, pairing);
  const tensors: LoweredTensor[] = [];
  const add = (name: string, weight: Projection["bias"], rows?: RowOrder) => {
    if (weight !== undefined) tensors.push(lowerWeight(weights, name, weight, rows));
  };
  add("token_embd.weight", graph.table);
  add("output_norm.weight", graph.norm);
  // Absent where it is the table: llama.cpp then takes that.
  if (graph.head.name !== graph.table.name) add("output.weight", graph.head);
  for (const [index, layer] of graph.layers.entries()) {
    const project = (part: string, { weight, bias }: Projection, rows?: RowOrder) => {
      add(`blk.${index}.${part}.weight`, weight, rows);
      add(`blk.${index}.${part}.bias`, bias, rows);
    };
    add(`blk.${index}.attn_norm.weight`, layer.attentionNorm);
    project("attn_q", layer.query, order);
    project("attn_k", layer.key, order);
    project("attn_v", layer.value);
    add(`blk.${index}.attn_q_norm.weight`, layer.queryNorm, order);
    add(`blk.${index}.attn_k_norm.weight`, layer.keyNorm, order);
    project("attn_output", layer.output);
    add(`blk.${index}.ffn_norm.weight`, layer.feedForwardNorm);
    project("ffn_gate", layer.gate);
    project("ffn_up", layer.up);
    project("ffn_down", layer.down);
  }
  return tensors;
}

/**
 * How the elements of a head change places when their pairs do. Scores of attention are sums over a head, so the same
 * change of queries and keys leaves them as they are. Elements that do not turn stay behind those that do.
 */
function rowOrder({ rope, headSize }: MatchedGraph, pairing: RopePairing): RowOrder {
  const pairs = rope.frequencies.length;
  return Array.from({ length: headSize }, (_, index) => {
    if (index >= 2 * pairs) return index;
    if (pairing === "interleaved") return Math.floor(index / 2) + (index % 2) * pairs;
    return index < pairs ? 2 * index : 2 * (index - pairs) + 1;
  });
}
