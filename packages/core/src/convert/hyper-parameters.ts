import { BayLingError } from "../errors.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import type { ModelConfig, RopeScaling } from "../graph/model-config.ts";
import { ropeRotation } from "../graph/rope.ts";

/**
 * The family that GGUF knows a model by: llama.cpp has one decoder for LLaMA and Mistral. Its weights are in that
 * family's order.
 */
export function ggufArchitecture({ architecture }: ModelConfig): "llama" | "qwen2" | "qwen3" {
  return architecture === "mistral" ? "llama" : architecture;
}

/**
 * Says a configuration in GGUF's keys, as llama.cpp's converter does. What that leaves out and llama.cpp passes over, a
 * sliding window, is written for readers that know it.
 * @param source the model, for messages
 * @throws BayLingError `architecture-not-supported` for what llama.cpp's decoder of the family cannot do
 */
export function hyperParameterMetadata(config: ModelConfig, source: string): Map<string, GgufEntry> {
  refuseOthers(config, source);
  const architecture = ggufArchitecture(config);
  const { headSize, rope, slidingWindow } = config;
  const integers = {
    vocab_size: config.vocabularySize,
    context_length: config.maxPositionEmbeddings,
    embedding_length: config.hiddenSize,
    block_count: config.numHiddenLayers,
    feed_forward_length: config.intermediateSize,
    "attention.head_count": config.numAttentionHeads,
    "attention.head_count_kv": config.numKeyValueHeads,
    "attention.key_length": headSize,
    "attention.value_length": headSize,
    "rope.dimension_count": rope.rotaryDimension,
    ...(slidingWindow === undefined ? {} : { "attention.sliding_window": slidingWindow }),
  };
  const metadata = new Map<string, GgufEntry>();
  const set = (name: string, entry: GgufEntry) => metadata.set(`${architecture}.${name}`, entry);
  for (const [name, value] of Object.entries(integers)) set(name, { type: "uint32", value });
  set("attention.layer_norm_rms_epsilon", { type: "float32", value: config.rmsNormEpsilon });
  set("rope.freq_base", { type: "float32", value: rope.theta });
  for (const [name, entry] of scalingEntries(rope.scaling)) set(`rope.scaling.${name}`, entry);
  return metadata;
}

/** Linear scaling and YaRN; that of Llama 3 is a tensor. */
function scalingEntries(scaling: RopeScaling | undefined): readonly (readonly [string, GgufEntry])[] {
  if (scaling === undefined || scaling.type === "llama3") return [];
  const float = (value: number): GgufEntry => ({ type: "float32", value });
  const { type, factor } = scaling;
  const entries: (readonly [string, GgufEntry])[] = [
    ["type", { type: "string", value: type }],
    ["factor", float(factor)],
  ];
  if (type === "linear") return entries;
  const { originalMaxPositionEmbeddings, betaFast, betaSlow, attentionFactor } = scaling;
  entries.push(["original_context_length", { type: "uint32", value: originalMaxPositionEmbeddings }]);
  // Readers multiply by this one themselves, and by what the file says.
  const ofReaders = 1 + 0.1 * Math.log(Math.max(1, factor));
  const rest = attentionFactor / ofReaders;
  if (Math.abs(rest - 1) > 1e-6) entries.push(["attn_factor", float(rest)]);
  if (betaFast !== 32) entries.push(["yarn_beta_fast", float(betaFast)]);
  if (betaSlow !== 1) entries.push(["yarn_beta_slow", float(betaSlow)]);
  return entries;
}

/** Divisors of the frequencies, one a pair, that stand for the scaling of Llama 3; `undefined` for other models. */
export function ropeFactors({ rope }: ModelConfig): Float32Array<ArrayBuffer> | undefined {
  if (rope.scaling?.type !== "llama3") return undefined;
  const scaled = ropeRotation(rope).frequencies;
  const plain = ropeRotation({ ...rope, scaling: undefined }).frequencies;
  return Float32Array.from(plain, (frequency, pair) => frequency / scaled[pair]!);
}

function refuseOthers(config: ModelConfig, source: string): void {
  const { architecture, attentionBias, rope } = config;
  const refuse = (field: string, problem: string, received: string) =>
    new BayLingError("architecture-not-supported", { source, field, problem, received });
  if (architecture === "qwen3" && Object.values(attentionBias).includes(true)) {
    throw refuse("attention_bias", "llama.cpp's decoder of the family adds no bias", "true");
  }
  if (rope.scaling?.type === "llama3" && ggufArchitecture(config) !== "llama") {
    throw refuse("rope_scaling", "llama.cpp's decoder of the family knows no such scaling", "llama3");
  }
}
