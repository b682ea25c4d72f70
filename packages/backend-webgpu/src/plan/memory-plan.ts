import type { Graph, LoadedModel, RopeNode } from "@bayling/core/backend";
import { BayLingError } from "@bayling/core/backend";
import type { CacheType } from "../cache/cache-type.ts";
import { type KvCacheShape, pageBytes } from "../cache/kv-cache.ts";
import { pagesFor } from "../cache/page-table.ts";
import { allocateOrThrow } from "../device/allocate.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import { outOfMemory } from "../webgpu-errors.ts";
import { modelWeightBytes } from "../weights/model-weights.ts";
import { type ActivationShape, activationBytes } from "./activations.ts";
import { pageSize } from "./batch-state.ts";
import { ropeBytes } from "./rope-buffer.ts";

/** Bytes that a model takes on the GPU, known before the first of them is read. */
interface GpuMemoryPlan {
  readonly weightBytes: number;
  /** Keys and values of one sequence over the whole context; more sequences make it grow as they need. */
  readonly cacheBytes: number;
  readonly activationBytes: number;
  readonly ropeTableBytes: number;
  readonly totalBytes: number;
}

export interface MemoryNeeds {
  readonly model: LoadedModel;
  readonly cache: KvCacheShape;
  readonly activations: ActivationShape;
  readonly rotation: RopeNode;
  readonly separateUp: boolean;
  readonly contextLength: number;
}

export function cacheShape({ config }: Graph, type: CacheType): KvCacheShape {
  return { layers: config.numHiddenLayers, width: config.numKeyValueHeads * config.headSize, type };
}

function planGpuMemory(needs: MemoryNeeds): GpuMemoryPlan {
  const { model, cache, activations, rotation, separateUp, contextLength } = needs;
  const weightBytes = modelWeightBytes(model);
  const cacheBytes = 2 * cache.layers * pagesFor(contextLength) * pageBytes(cache);
  const activationsTotal = activationBytes(activations, separateUp);
  const ropeTableBytes = contextLength * ropeBytes(rotation);
  return {
    weightBytes,
    cacheBytes,
    activationBytes: activationsTotal,
    ropeTableBytes,
    totalBytes: weightBytes + cacheBytes + activationsTotal + ropeTableBytes,
  };
}

/** How many pages one buffer of the cache can have on this device. */
export function maxCachePages({ device }: GpuContext, cache: KvCacheShape): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  return Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / pageBytes(cache));
}

/**
 * Asks the GPU for all the memory of the plan at once and gives it back, before anything is read. Where there is too
 * little, the error says which context would fit.
 * @throws BayLingError `out-of-memory`
 */
export async function checkMemory(context: GpuContext, needs: MemoryNeeds): Promise<void> {
  const { contextLength, cache, rotation } = needs;
  const { maxStorageBufferBindingSize } = context.device.limits;
  const ropePositions = Math.floor(maxStorageBufferBindingSize / ropeBytes(rotation));
  const bound = Math.min(maxCachePages(context, cache) * pageSize, ropePositions);
  if (contextLength > bound) {
    throw refusal(needs, bound, `the GPU binds at most ${maxStorageBufferBindingSize} bytes`);
  }
  const refused = await tryContext(context, needs, contextLength);
  if (refused === undefined) return;
  let fits = 0;
  let tooLong = contextLength;
  // To a sixteenth of what was asked for is near enough.
  while (tooLong - fits > Math.max(pageSize, contextLength / 16)) {
    const middle = Math.floor((fits + tooLong) / 2 / pageSize) * pageSize;
    if ((await tryContext(context, needs, middle)) === undefined) fits = middle;
    else tooLong = middle;
  }
  throw refusal(needs, fits, refused);
}

/** @returns why not, or nothing */
async function tryContext(context: GpuContext, needs: MemoryNeeds, contextLength: number): Promise<unknown> {
  const { totalBytes } = planGpuMemory({ ...needs, contextLength });
  const largest = Math.min(context.device.limits.maxBufferSize, 2 ** 30);
  try {
    const buffers = await allocateOrThrow(context, "the model", () =>
      Array.from({ length: Math.ceil(totalBytes / largest) }, (_, index) =>
        context.createStorage("memory check", Math.min(largest, totalBytes - index * largest)),
      ),
    );
    for (const buffer of buffers) context.free(buffer);
    return undefined;
  } catch (error) {
    if (BayLingError.isInstance(error) && error.code === "out-of-memory") return error;
    throw error;
  }
}

function refusal(needs: MemoryNeeds, fits: number, cause: unknown): BayLingError {
  const { totalBytes } = planGpuMemory(needs);
  const what = `a context of ${needs.contextLength} tokens`;
  return outOfMemory(what, totalBytes, fits > 0 ? `a context of at most ${fits} tokens` : "a smaller model", cause);
}
