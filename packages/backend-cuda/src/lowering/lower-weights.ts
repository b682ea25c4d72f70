import { type LoadedModel, type RopePairing, type RowOrder, ropeRowOrder } from "@bayling/core/backend";
import { type LoweredTensor, lowerWeight } from "./lowered-tensor.ts";
import type { MatchedGraph, Projection } from "./matched-graph.ts";

/** The weights of a graph under the names of GGUF, with queries and keys in the order that the pairing asks for. */
export function lowerWeights(
  { weights }: LoadedModel,
  graph: MatchedGraph,
  pairing: RopePairing,
): readonly LoweredTensor[] {
  const head = { headSize: graph.headSize, rotaryDimension: 2 * graph.rope.frequencies.length };
  const order = graph.rope.pairing === pairing ? undefined : ropeRowOrder(head, pairing);
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
