import type { KvCache } from "../cache/kv-cache.ts";
import { attention, attentionWorkgroups } from "../kernels/attention.ts";
import { attentionReduce, attentionReduceWorkgroups } from "../kernels/attention-reduce.ts";
import type { AttentionShape } from "../kernels/attention-shape.ts";
import { attentionSplit, attentionSplitWorkgroups } from "../kernels/attention-split.ts";
import { ropeStore, ropeStoreWorkgroups } from "../kernels/rope-store.ts";
import type { ActivationShape, Activations } from "./activations.ts";
import type { BatchBuffers } from "./batch-buffers.ts";
import type { FusedGraph } from "./fuse-graph.ts";
import type { Step } from "./program.ts";

/** The shape that all layers' attention has in common. */
export function attentionShape(
  fused: FusedGraph,
  cacheType: AttentionShape["cacheType"],
  { projectionStride, attentionStride }: Pick<ActivationShape, "projectionStride" | "attentionStride">,
): AttentionShape {
  const { attention: node, rotation, queryNorm } = fused.layers[0]!;
  return {
    ...{ heads: node.heads, keyValueHeads: node.keyValueHeads, headSize: node.headSize },
    ...{ scale: node.scale, window: node.window },
    ...{ qkvStride: projectionStride, outputStride: attentionStride, cacheType },
    ...{ pairs: rotation.frequencies.length, pairing: rotation.pairing, normEpsilon: queryNorm?.epsilon },
  };
}

/** What attention binds besides the buffers of a layer. */
export interface AttentionResources {
  readonly shape: AttentionShape;
  readonly cache: KvCache;
  readonly activations: Activations;
  readonly batch: BatchBuffers;
  /** [contextLength, pairs] of (cosine, sine) */
  readonly ropeTable: GPUBuffer;
}

/** Attention of one layer where every row is the next token of another sequence. */
export function splitAttention(resources: AttentionResources, layer: number, headNorms: GPUBuffer | undefined): Step[] {
  const { shape, cache, activations, batch, ropeTable } = resources;
  const norms = headNorms === undefined ? [] : [headNorms];
  const [, groups] = attentionSplitWorkgroups(shape, 1, 1);
  const [heads] = attentionReduceWorkgroups(shape, 1);
  return [
    {
      kernel: attentionSplit(shape),
      buffers: [
        ...[activations.projected, ropeTable, ...norms, batch.decodeRows, batch.pageTable],
        ...[cache.keys[layer]!, cache.values[layer]!, activations.partials],
      ],
      workgroups: [(extent) => extent.splits, groups, (extent) => extent.rows],
    },
    {
      kernel: attentionReduce(shape),
      buffers: [batch.decodeRows, activations.partials, activations.attended],
      workgroups: [heads, (extent) => extent.rows, 1],
    },
  ];
}

/** Attention of one layer over pieces of sequences of any length. */
export function tiledAttention(resources: AttentionResources, layer: number, headNorms: GPUBuffer | undefined): Step[] {
  const { shape, cache, activations, batch, ropeTable } = resources;
  const { projected, attended } = activations;
  const { prefillRows, pageTable, tiles } = batch;
  const norms = headNorms === undefined ? [] : [headNorms];
  const caches = [cache.keys[layer]!, cache.values[layer]!];
  const [groups] = ropeStoreWorkgroups(shape, 1);
  const [, heads] = attentionWorkgroups(shape, 1);
  return [
    {
      kernel: ropeStore(shape),
      buffers: [projected, ropeTable, ...norms, prefillRows, pageTable, ...caches],
      workgroups: [groups, (extent) => extent.rows, 1],
    },
    {
      kernel: attention(shape),
      buffers: [projected, prefillRows, pageTable, tiles, ...caches, attended],
      workgroups: [(extent) => extent.tiles, heads, 1],
    },
  ];
}
