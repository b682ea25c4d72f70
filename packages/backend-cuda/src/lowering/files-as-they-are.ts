import { type GgufFile, type GgufValueType, readGguf } from "@bayling/core";
import type { LoadedModel, RopePairing } from "@bayling/core/backend";
import type { MatchedGraph } from "./matched-graph.ts";
import { type RopeRotation, ropeOfLlamaCpp, sameRotation } from "./rope-of-llama-cpp.ts";

/** Files that need no lowering. */
export interface FilesAsTheyAre {
  readonly paths: readonly string[];
  readonly architecture: string;
  readonly pairing: RopePairing;
}

/** What the decoder of an architecture in llama.cpp can do of that in which graphs of this family differ. */
interface Decoder {
  readonly pairing: RopePairing;
  readonly headNorms: boolean;
  readonly outputBias: boolean;
  readonly frequencyFactors: boolean;
  /** Whether heads may be wider or narrower together than the hidden state. */
  readonly freeHeadSize: boolean;
}

const decoders: Readonly<Record<string, Decoder>> = {
  llama: { pairing: "interleaved", headNorms: false, outputBias: true, frequencyFactors: true, freeHeadSize: true },
  qwen2: { pairing: "halves", headNorms: false, outputBias: false, frequencyFactors: false, freeHeadSize: false },
  qwen3: { pairing: "halves", headNorms: true, outputBias: false, frequencyFactors: false, freeHeadSize: true },
};

/**
 * Hyper-parameters that llama.cpp and core read in the same way, or neither reads, by the type that llama.cpp asks
 * for. A file with any other is written anew: what only one of the two understands would make another model of it.
 */
const knownKeys: Readonly<Record<string, GgufValueType>> = {
  vocab_size: "uint32",
  context_length: "uint32",
  embedding_length: "uint32",
  block_count: "uint32",
  feed_forward_length: "uint32",
  tensor_data_layout: "string",
  "attention.head_count": "uint32",
  "attention.head_count_kv": "uint32",
  "attention.key_length": "uint32",
  "attention.value_length": "uint32",
  "attention.layer_norm_rms_epsilon": "float32",
  "attention.sliding_window": "uint32",
  "attention.causal": "bool",
  "rope.dimension_count": "uint32",
  "rope.freq_base": "float32",
  "rope.scale_linear": "float32",
  "rope.scaling.type": "string",
  "rope.scaling.factor": "float32",
  "rope.scaling.original_context_length": "uint32",
  "rope.scaling.attn_factor": "float32",
  "rope.scaling.yarn_beta_fast": "float32",
  "rope.scaling.yarn_beta_slow": "float32",
  "rope.scaling.finetuned": "bool",
  expert_count: "uint32",
  expert_used_count: "uint32",
};

/** Hazard: llama.cpp aborts the process when a model without experts uses some. */
const zeroKeys: readonly string[] = ["expert_count", "expert_used_count"];

const factorsName = "rope_freqs.weight";

/**
 * The model's own files where llama.cpp reads out of them just the graph that core read, else `undefined`.
 * @throws BayLingError what reading the headers again throws; the signal's reason
 */
export async function filesAsTheyAre(
  model: LoadedModel,
  graph: MatchedGraph,
  contextLength: number,
  signal: AbortSignal | undefined,
): Promise<FilesAsTheyAre | undefined> {
  const { files: paths } = model;
  if (paths === undefined || paths.length === 0) return undefined;
  const file = await readGguf(paths, { signal });
  try {
    const architecture = file.metadata.string("general.architecture") ?? "";
    const decoder = decoders[architecture];
    const fits =
      decoder !== undefined &&
      runs(decoder, graph, contextLength) &&
      hasKnownKeys(file, architecture, paths.length) &&
      hasTensors(file, model, decoder) &&
      sameRotation(graph.rope, rotationOfFile(file, architecture, graph.headSize, model));
    return fits ? { paths, architecture, pairing: decoder.pairing } : undefined;
  } finally {
    await file.dispose();
  }
}

function runs(decoder: Decoder, graph: MatchedGraph, contextLength: number): boolean {
  const { layers, rope, heads, headSize, hiddenSize, window } = graph;
  return (
    rope.pairing === decoder.pairing &&
    rope.frequencies.length * 2 === headSize &&
    (window === undefined || window >= contextLength) &&
    (decoder.freeHeadSize || heads * headSize === hiddenSize) &&
    layers.every(({ queryNorm, keyNorm, output }) => {
      const normed = queryNorm !== undefined && keyNorm !== undefined;
      return normed === decoder.headNorms && (decoder.outputBias || output.bias === undefined);
    })
  );
}

function hasKnownKeys({ metadata }: GgufFile, architecture: string, parts: number): boolean {
  for (const [key, { type, value }] of metadata) {
    if (!key.startsWith(`${architecture}.`)) continue;
    const name = key.slice(architecture.length + 1);
    if (knownKeys[name] !== type || (zeroKeys.includes(name) && value !== 0)) return false;
  }
  // llama.cpp takes a file that does not say so for a whole model.
  return parts === 1 || metadata.number("split.count") === parts;
}

/** Whether the file holds the tensors of the graph and no others, vectors in the one type that llama.cpp adds. */
function hasTensors({ tensors }: GgufFile, { graph }: LoadedModel, decoder: Decoder): boolean {
  const factors = tensors.has(factorsName);
  if (factors && !decoder.frequencyFactors) return false;
  if (tensors.size !== graph.weights.length + (factors ? 1 : 0)) return false;
  return [...tensors.values()].every(({ type, shape }) => shape.length > 1 || type === "F32");
}

function rotationOfFile(
  { metadata, tensors }: GgufFile,
  architecture: string,
  headSize: number,
  { config }: LoadedModel,
): RopeRotation {
  const number = (name: string, fallback: number) => metadata.number(`${architecture}.${name}`) ?? fallback;
  const type = metadata.string(`${architecture}.rope.scaling.type`) ?? "linear";
  const factor = number("rope.scaling.factor", number("rope.scale_linear", 0));
  return ropeOfLlamaCpp(
    {
      theta: number("rope.freq_base", 10_000),
      factor: factor === 0 || type === "none" ? 1 : factor,
      yarn: type === "yarn",
      originalContextLength: number("rope.scaling.original_context_length", config.maxPositionEmbeddings),
      attentionFactor: number("rope.scaling.attn_factor", 1),
      frequencyFactors: tensors.has(factorsName) ? config.rope.frequencyFactors : undefined,
    },
    headSize,
  );
}
