import { BayLingError } from "@bayling/core/backend";
import { formatBytes, outOfMemory } from "../cuda-errors.ts";

/** What a model takes, in bytes. */
export interface ModelMemory {
  /** Weights of each layer, in order. */
  readonly layerBytes: readonly number[];
  /** The last norm and the output. */
  readonly outputBytes: number;
  /** The embedding table, which stays with the CPU. */
  readonly embeddingBytes: number;
  /** Whether the embedding table is also the output: on a GPU it then lies twice. */
  readonly isTied: boolean;
  /** Keys and values of one position in one layer. */
  readonly positionBytes: number;
  /** What evaluating takes with a KV cache of so many positions; it does not shrink when they grow. */
  readonly computeBytes: (positions: number) => number;
}

/** Bytes that are free. */
export interface FreeMemory {
  /** Undefined where there is no GPU. */
  readonly gpu: number | undefined;
  readonly host: number;
}

export interface FitRequest {
  readonly contextLength: number;
  readonly maxSequences: number;
  /** As the user wants it; more than there are mean all. */
  readonly gpuLayers?: number | undefined;
}

/** Layers count as in llama.cpp: the last ones go to the GPU, and after all of them comes the output as one more. */
export interface FittedPlacement {
  readonly gpuLayers: number;
  /** Positions that the KV cache holds at first, all sequences together. */
  readonly positions: number;
  /** How far it can grow. */
  readonly mostPositions: number;
}

/** A KV cache of this size is not worth growing into. */
const cheapCacheBytes = 256 * 2 ** 20;

/**
 * Puts as many layers on the GPU as fit beside their part of the KV cache, and gives the KV cache room for one whole
 * context, for more where that costs little.
 * @throws BayLingError `out-of-memory`, with what would fit
 */
export function fitPlacement(model: ModelMemory, free: FreeMemory, request: FitRequest): FittedPlacement {
  const { contextLength, maxSequences } = request;
  const layers = model.layerBytes.length;
  const fits = (gpuLayers: number, positions: number) => {
    const need = memoryNeed(model, gpuLayers, positions);
    return need.gpu <= usable(free.gpu ?? 0) && need.host <= usable(free.host);
  };
  const fitsGpu = (gpuLayers: number) => memoryNeed(model, gpuLayers, contextLength).gpu <= usable(free.gpu ?? 0);
  const mostLayers = free.gpu === undefined ? 0 : largest(0, layers + 1, fitsGpu);
  const gpuLayers = Math.min(request.gpuLayers ?? mostLayers, layers + 1);
  if (gpuLayers > mostLayers) throw tooManyLayers(gpuLayers, mostLayers, model, free, contextLength);
  if (!fits(gpuLayers, contextLength)) throw tooLongContext(model, gpuLayers, free, contextLength);

  const wanted = contextLength * maxSequences;
  const cheap = Math.floor(cheapCacheBytes / (layers * model.positionBytes));
  const start = Math.min(wanted, Math.max(contextLength, cheap));
  const positions = largest(contextLength, start, (count) => fits(gpuLayers, count));
  // A larger cache is made beside the smaller one, half its size, which is copied through memory of the CPU. llama.cpp
  // writes to all of it at once: where there is none left, Linux ends the process.
  const mostPositions = largest(positions, wanted, (count) => {
    const need = memoryNeed(model, gpuLayers, Math.ceil(1.5 * count));
    const copy = Math.ceil(count / 2) * layers * model.positionBytes;
    return need.gpu <= usable(free.gpu ?? 0) && need.host + copy <= usable(free.host);
  });
  return { gpuLayers, positions, mostPositions };
}

/** Bytes beside what the GPU, and what the CPU, computes on. */
export function memoryNeed(
  model: ModelMemory,
  gpuLayers: number,
  positions: number,
): { readonly gpu: number; readonly host: number } {
  const { layerBytes, outputBytes, embeddingBytes, isTied, positionBytes, computeBytes } = model;
  const onHost = layerBytes.length - Math.max(0, gpuLayers - 1);
  const cacheBytes = (layers: number) => layers * positions * positionBytes;
  const host = embeddingBytes + sum(layerBytes.slice(0, onHost)) + cacheBytes(onHost) + computeBytes(positions);
  if (gpuLayers === 0) return { gpu: 0, host: host + (isTied ? 0 : outputBytes) };
  const onGpu = layerBytes.slice(onHost);
  return { gpu: outputBytes + sum(onGpu) + cacheBytes(onGpu.length) + computeBytes(positions), host };
}

/**
 * What is left for us of free memory: estimates err, libraries of GPUs take memory for themselves, and other programs
 * live on.
 */
export function usable(freeBytes: number): number {
  return freeBytes - Math.min(0.08 * freeBytes, 1.5 * 2 ** 30);
}

function tooManyLayers(
  asked: number,
  most: number,
  model: ModelMemory,
  free: FreeMemory,
  contextLength: number,
): BayLingError {
  const need = memoryNeed(model, asked, contextLength).gpu;
  return new BayLingError("out-of-memory", {
    source: "cuda",
    field: "gpuLayers",
    problem:
      free.gpu === undefined
        ? "there is no GPU for them"
        : `the GPU's memory cannot hold so many: they need ${formatBytes(need)}, of which ${formatBytes(free.gpu)} are free`,
    expected: `at most ${most}`,
    received: String(asked),
    remedy: "Take fewer, or leave the choice to the backend; a shorter context leaves room for more",
  });
}

function tooLongContext(model: ModelMemory, gpuLayers: number, free: FreeMemory, contextLength: number): BayLingError {
  const room = usable(free.host);
  const longest = largest(0, contextLength, (positions) => memoryNeed(model, gpuLayers, positions).host <= room);
  const need = memoryNeed(model, gpuLayers, contextLength).host;
  const fitting = longest > 0 ? `, which a context of ${longest} tokens would keep to` : "";
  return outOfMemory("weights and KV cache", need, `at most ${formatBytes(room)}${fitting}`);
}

/** The largest integer for which it holds, of `from`, which is taken for granted, to `to`; what holds for one holds below. */
function largest(from: number, to: number, holds: (value: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
