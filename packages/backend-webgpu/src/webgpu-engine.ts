import type { LoadedModel, LoadOptions } from "@bayling/core/backend";
import type { CacheType } from "./cache/cache-type.ts";
import { KvCache } from "./cache/kv-cache.ts";
import { pagesFor } from "./cache/page-table.ts";
import { SequenceCache } from "./cache/sequence-cache.ts";
import { measureCopyBandwidth } from "./device/copy-bandwidth.ts";
import type { GpuContext } from "./device/gpu-context.ts";
import { KernelProfiler } from "./device/kernel-profiler.ts";
import { attentionPartials } from "./kernels/attention-span.ts";
import { activationShape, createActivations } from "./plan/activations.ts";
import { attentionShape } from "./plan/attention-plan.ts";
import { createBatchBuffers } from "./plan/batch-buffers.ts";
import type { PlanResources } from "./plan/compile-plan.ts";
import { fuseGraph } from "./plan/fuse-graph.ts";
import { cacheShape, checkMemory, maxCachePages } from "./plan/memory-plan.ts";
import { Programs } from "./plan/programs.ts";
import { createRopeBuffer } from "./plan/rope-buffer.ts";
import { UniformPool } from "./plan/uniform-pool.ts";
import { abortable } from "./run/abortable.ts";
import { inputHalves, type Tier } from "./tiers/tier.ts";
import type { WebGpuProfile } from "./webgpu-profile.ts";
import { hasSeparateUp, uploadModelWeights } from "./weights/model-weights.ts";

export interface EngineOptions extends LoadOptions {
  readonly cacheType: CacheType;
  readonly tier: Tier;
  /** Tokens of one batch. */
  readonly maxTokens: number;
  readonly profile?: WebGpuProfile | undefined;
  /** For tests: cuts matrices as if the GPU could bind no more at once. */
  readonly maxBindingBytes?: number | undefined;
}

/** All of a model that lives on a GPU, and is lost with it. */
export interface WebGpuEngine {
  readonly context: GpuContext;
  readonly resources: PlanResources;
  readonly programs: Programs;
  readonly sequences: SequenceCache;
  /** Sequences that can be alive at once; at most what was asked for. */
  readonly maxSequences: number;
  readonly profiler: KernelProfiler | undefined;
}

/**
 * Brings a model onto the GPU: everything but the weights first, so that a lack of memory shows before they are read.
 * @throws BayLingError `architecture-not-supported`, `out-of-memory`, errors of reading; the signal's reason
 */
export async function openEngine(
  context: GpuContext,
  model: LoadedModel,
  options: EngineOptions,
): Promise<WebGpuEngine> {
  const { contextLength, cacheType, tier, maxTokens, signal } = options;
  const { graph } = model;
  const fused = fuseGraph(graph);
  const separateUp = hasSeparateUp(model, fused);
  const widths = activationShape(graph, maxTokens);
  const shape = attentionShape(fused, cacheType, widths);
  const maxSequences = Math.min(options.maxSequences, widths.scoreRows);
  const activationSizes = {
    ...widths,
    partials: maxSequences * attentionPartials(shape),
    inputHalves: inputHalves(tier),
  };
  const cacheSizes = cacheShape(graph, cacheType);
  const { rotation } = fused.layers[0]!;
  const sizes = { cache: cacheSizes, activations: activationSizes, rotation, contextLength };
  await checkMemory(context, { model, separateUp, ...sizes });
  signal?.throwIfAborted();

  const cache = new KvCache(context, cacheSizes);
  const pagesPerSequence = pagesFor(contextLength);
  await cache.grow(pagesPerSequence);
  const activations = createActivations(context, activationSizes, separateUp);
  const batch = createBatchBuffers(context, { maxTokens, maxSequences, pagesPerSequence });
  const table = createRopeBuffer(context, rotation, contextLength);
  const weights = await uploadModelWeights(context, model, fused, options);

  const resources: PlanResources = {
    ...{ graph, fused, weights, activations, batch, cache, shape, ropeTable: table },
    ...{ tier, uniforms: new UniformPool(context) },
    ...{ normed: activations.normed, halves: activations.halves, factors: activations.factors },
  };
  const programs = new Programs(context, resources);
  const limits = { pagesPerSequence, maxPages: maxCachePages(context, cacheSizes) };
  const sequences = new SequenceCache(context, cache, batch.pageTable, limits, () => programs.forget());
  // What every chat needs is compiled now, so that its first token does not wait.
  const needed = [programs.layers(1, "split"), programs.scores(1, false), programs.layers(maxTokens, "tiled")];
  await abortable(Promise.all(needed), signal);
  const profiler = KernelProfiler.create(context, options.profile);
  if (options.profile !== undefined) options.profile.copyBandwidth ??= await measureCopyBandwidth(context);
  return { context, resources, programs, sequences, maxSequences, profiler };
}
