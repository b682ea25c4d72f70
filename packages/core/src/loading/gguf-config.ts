import { BayLingError } from "../errors.ts";
import type { GgufFile } from "../formats/gguf-reader.ts";
import type { Architecture, ModelConfig, RopeConfig, RopeScaling } from "../graph/model-config.ts";

/** Weights that RoPE pairs as halves; the others keep LLaMA's interleaved order (see `RopePairing`). */
export const ropePairings: Readonly<Record<Architecture, RopeConfig["pairing"]>> = {
  llama: "interleaved",
  mistral: "interleaved",
  qwen2: "halves",
  qwen3: "halves",
};

/** Two norms, four projections of attention, three of the feed-forward part. */
const tensorsOfLayer = 9;

/** Real heads have 64 to 512 elements. */
const largestHead = 8192;

const supportedArchitectures: readonly Architecture[] = ["llama", "mistral", "qwen2", "qwen3"];

/**
 * Reads hyper-parameters from GGUF metadata. Numbers are checked against each other here and against the tensors by
 * the shape check, so that nothing later has to doubt them.
 * @param frequencyFactors the content of `rope_freqs.weight`, if the file has it
 * @throws BayLingError `architecture-not-supported`, `gguf-invalid`, `model-config-invalid`
 */
export function readGgufConfig(file: GgufFile, frequencyFactors?: readonly number[]): ModelConfig {
  const { metadata } = file;
  const architecture = supportedArchitecture(file);
  const key = (name: string) => `${architecture}.${name}`;
  const invalid = (name: string, expected: string, received: unknown) =>
    new BayLingError("model-config-invalid", {
      source: file.name,
      field: key(name),
      problem: "the hyper-parameter makes no sense",
      expected,
      received: String(received),
    });
  const unsupported = (name: string, problem: string, expected: string, received: string) =>
    new BayLingError("architecture-not-supported", {
      source: file.name,
      field: key(name),
      problem,
      expected,
      received,
    });
  const integer = (name: string, fallback?: number): number => {
    const value = metadata.number(key(name)) ?? fallback ?? metadata.requireNumber(key(name));
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(name, "a positive integer", value);
    return value;
  };
  const positive = (name: string, fallback?: number): number => {
    const value = metadata.number(key(name)) ?? fallback ?? metadata.requireNumber(key(name));
    if (!Number.isFinite(value) || value <= 0) throw invalid(name, "a positive number", value);
    return value;
  };

  const numHiddenLayers = integer("block_count");
  // Hazard: the graph is built from this number, so a hostile one would fill the memory before any tensor is missed.
  const mostLayers = Math.floor(file.tensors.size / tensorsOfLayer);
  if (numHiddenLayers > mostLayers) {
    const held = `at most ${mostLayers}: the file holds ${file.tensors.size} tensors, and a layer needs ${tensorsOfLayer}`;
    throw invalid("block_count", held, numHiddenLayers);
  }
  const hiddenSize = integer("embedding_length");
  const numAttentionHeads = integer("attention.head_count");
  const numKeyValueHeads = integer("attention.head_count_kv", numAttentionHeads);
  if (numAttentionHeads % numKeyValueHeads !== 0) {
    throw invalid("attention.head_count_kv", `a divisor of the ${numAttentionHeads} query heads`, numKeyValueHeads);
  }
  const headSize = integer("attention.key_length", hiddenSize / numAttentionHeads);
  // Hazard: tables of RoPE are made for it before any tensor is asked for.
  if (headSize > largestHead) throw invalid("attention.key_length", `at most ${largestHead}`, headSize);
  const valueSize = integer("attention.value_length", headSize);
  if (valueSize !== headSize) throw invalid("attention.value_length", `the key length ${headSize}`, valueSize);
  const experts = metadata.number(key("expert_count")) ?? 0;
  if (experts > 0)
    throw unsupported("expert_count", "the model is a mixture of experts", "a dense model", `${experts} experts`);
  if (metadata.boolean(key("attention.causal")) === false) {
    throw unsupported("attention.causal", "every token of the model looks at all others", "a causal model", "false");
  }
  const rotaryDimension = integer("rope.dimension_count", headSize);
  if (rotaryDimension % 2 !== 0 || rotaryDimension > headSize) {
    throw invalid("rope.dimension_count", `an even number up to the head size ${headSize}`, rotaryDimension);
  }
  if (frequencyFactors !== undefined && frequencyFactors.length !== rotaryDimension / 2) {
    throw invalid(
      "rope.dimension_count",
      `twice the ${frequencyFactors.length} factors of rope_freqs`,
      rotaryDimension,
    );
  }
  const maxPositionEmbeddings = integer("context_length");
  const slidingWindow = metadata.number(key("attention.sliding_window"));
  const has = (name: string) => file.tensors.has(name);
  return {
    architecture,
    name: metadata.string("general.name"),
    vocabularySize: vocabularySize(file, key("vocab_size")),
    hiddenSize,
    intermediateSize: integer("feed_forward_length"),
    numHiddenLayers,
    numAttentionHeads,
    numKeyValueHeads,
    headSize,
    maxPositionEmbeddings,
    rmsNormEpsilon: positive("attention.layer_norm_rms_epsilon"),
    rope: {
      theta: positive("rope.freq_base", 10_000),
      pairing: ropePairings[architecture],
      rotaryDimension,
      scaling: ropeScaling(),
      frequencyFactors,
    },
    slidingWindow: slidingWindow === undefined || slidingWindow === 0 ? undefined : integer("attention.sliding_window"),
    attentionBias: {
      query: has("blk.0.attn_q.bias"),
      key: has("blk.0.attn_k.bias"),
      value: has("blk.0.attn_v.bias"),
      output: has("blk.0.attn_output.bias"),
    },
    queryKeyNorm: has("blk.0.attn_q_norm.weight"),
    tieWordEmbeddings: !has("output.weight"),
  };

  /** As llama.cpp reads it: linear unless the file says otherwise, and a factor of 0 stands for none. */
  function ropeScaling(): RopeScaling | undefined {
    const type = metadata.string(key("rope.scaling.type")) ?? "linear";
    if (type === "none") return undefined;
    if (type !== "linear" && type !== "yarn") throw invalid("rope.scaling.type", "none, linear or yarn", type);
    const name = metadata.has(key("rope.scaling.factor")) ? "rope.scaling.factor" : "rope.scale_linear";
    const factor = metadata.number(key(name)) === 0 ? 1 : positive(name, 1);
    if (type === "linear") return factor === 1 ? undefined : { type, factor };
    return {
      type,
      factor,
      originalMaxPositionEmbeddings: integer("rope.scaling.original_context_length", maxPositionEmbeddings),
      betaFast: positive("rope.scaling.yarn_beta_fast", 32),
      betaSlow: positive("rope.scaling.yarn_beta_slow", 1),
      attentionFactor: positive("rope.scaling.attn_factor", 1) * (1 + 0.1 * Math.log(Math.max(1, factor))),
    };
  }
}

function supportedArchitecture(file: GgufFile): Architecture {
  const name = file.metadata.requireString("general.architecture");
  if ((supportedArchitectures as readonly string[]).includes(name)) return name as Architecture;
  throw new BayLingError("architecture-not-supported", {
    source: file.name,
    field: "general.architecture",
    problem: "this SDK cannot build the graph of the model",
    expected: supportedArchitectures.join(", "),
    received: name,
  });
}

/** The rows of the embedding table: files pad it, and the scores have as many columns. */
function vocabularySize(file: GgufFile, key: string): number {
  const table = file.tensors.get("token_embd.weight");
  if (table?.shape.length === 2) return table.shape[0]!;
  return file.metadata.requireNumber(key);
}
