import {
  BayLingError,
  buildGraph,
  type LoadedModel,
  type ModelConfig,
  type RopeConfig,
  rowBytes,
  type StoredWeight,
  type TensorType,
  type WeightReference,
  type WeightSource,
} from "@bayling/core/backend";
import { Random, seedOf } from "./random.ts";
import { randomTensor } from "./random-tensor.ts";

export interface TinyLlamaOptions {
  /** For messages. Default `"tiny-llama"`. */
  readonly name?: string | undefined;
  /** What differs from {@link tinyConfig}. */
  readonly config?: (Partial<Omit<ModelConfig, "rope">> & { readonly rope?: Partial<RopeConfig> }) | undefined;
  /** How matrices are stored; vectors are F32. Rows must be multiples of the type's block size. Default `"F32"`. */
  readonly weightType?: TensorType | undefined;
  /** Default 1. The same options and seed give the same bytes everywhere. */
  readonly seed?: number | undefined;
}

/** Two layers, four heads over two KV heads, a vocabulary of 257: small enough for float64 loops. */
export const tinyConfig: ModelConfig = {
  architecture: "llama",
  name: "tiny-llama",
  vocabularySize: 257,
  hiddenSize: 48,
  intermediateSize: 80,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headSize: 12,
  maxPositionEmbeddings: 2048,
  rmsNormEpsilon: 1e-5,
  rope: { theta: 10000, pairing: "interleaved", rotaryDimension: 12 },
  attentionBias: { query: false, key: false, value: false, output: false },
  queryKeyNorm: false,
  tieWordEmbeddings: false,
};

/** A model whose weights are in memory. */
export interface TinyLlama extends LoadedModel {
  readonly weights: MemoryWeights;
}

/** A small LLaMA with random weights. It writes nonsense, but exactly the same nonsense on every backend. */
export function tinyLlama(options: TinyLlamaOptions = {}): TinyLlama {
  const given = options.config ?? {};
  const headSize = given.headSize ?? tinyConfig.headSize;
  const config: ModelConfig = {
    ...tinyConfig,
    ...given,
    rope: { ...tinyConfig.rope, rotaryDimension: headSize, ...given.rope },
  };
  const graph = buildGraph(config);
  const tensors = new Map<string, MemoryTensor>();
  for (const weight of graph.weights) {
    const random = new Random(seedOf(`${options.seed ?? 1} ${weight.name}`));
    tensors.set(weight.name, randomWeight(random, weight, config, options.weightType ?? "F32"));
  }
  const name = options.name ?? "tiny-llama";
  return { name, config, graph, weights: new MemoryWeights(name, tensors) };
}

export interface MemoryTensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Weights that lie in memory, as a backend reads them. */
export class MemoryWeights implements WeightSource {
  readonly tensors: ReadonlyMap<string, MemoryTensor>;
  readonly #source: string;

  constructor(source: string, tensors: ReadonlyMap<string, MemoryTensor>) {
    this.#source = source;
    this.tensors = tensors;
  }

  get(name: string): StoredWeight {
    const { type, shape, bytes } = this.tensor(name);
    return { type, shape, byteLength: bytes.length };
  }

  async read(
    name: string,
    offset: number,
    length: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array<ArrayBuffer>> {
    options?.signal?.throwIfAborted();
    const { bytes } = this.tensor(name);
    if (
      !(Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0) ||
      offset + length > bytes.length
    ) {
      throw new BayLingError("argument-invalid", {
        problem: "the range passes the end of the tensor",
        source: this.#source,
        field: name,
        expected: `at most ${bytes.length} bytes`,
        received: `${length} bytes from ${offset}`,
      });
    }
    return bytes.slice(offset, offset + length);
  }

  tensor(name: string): MemoryTensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) {
      throw new BayLingError("tensor-not-found", {
        problem: "the model has no such tensor",
        source: this.#source,
        field: name,
      });
    }
    return tensor;
  }
}

/**
 * Deviations are chosen so that activations keep their size through the layers, attention is sharp enough that a wrong
 * position or mask shows, and scores spread by about 2.5.
 */
function randomWeight(
  random: Random,
  { name, shape }: WeightReference,
  config: ModelConfig,
  type: TensorType,
): MemoryTensor {
  const [rows, columns] = shape;
  if (columns === undefined) {
    const centre = name.endsWith(".bias") ? 0 : 1;
    const values = Float32Array.from({ length: rows }, () => centre + random.normal(0.25));
    return { type: "F32", shape, bytes: new Uint8Array(values.buffer) };
  }
  const bytes = randomTensor(random, type, rows, columns, matrixDeviation(name, columns, config));
  if (bytes.length !== rows * rowBytes(type, columns)) throw new Error(`${name} has ${bytes.length} bytes`);
  return { type, shape, bytes };
}

function matrixDeviation(name: string, columns: number, config: ModelConfig): number {
  if (name === "model.embed_tokens.weight" && !config.tieWordEmbeddings) return 1;
  const isHead = name === "model.embed_tokens.weight" || name === "lm_head.weight";
  const isSharp = name.includes("q_proj") || name.includes("k_proj");
  return (isHead ? 2.5 : isSharp ? 1.5 : 1) / Math.sqrt(columns);
}
