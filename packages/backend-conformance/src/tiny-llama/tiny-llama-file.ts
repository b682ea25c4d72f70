import { type GgufEntry, GgufStringArray, type GgufTensorInput, writeGguf } from "@bayling/core";
import type { Architecture, ModelConfig, RopePairing } from "@bayling/core/backend";
import { type MemoryTensor, type TinyLlama, type TinyLlamaOptions, tinyConfig, tinyLlama } from "./tiny-llama.ts";
import { tinyVocabulary } from "./tiny-vocabulary.ts";

/** GGUF says no pairing: it follows from the architecture. */
const pairings: Readonly<Record<Architecture, RopePairing>> = {
  llama: "interleaved",
  mistral: "interleaved",
  qwen2: "halves",
  qwen3: "halves",
};

/** The model that {@link writeTinyLlama} writes: the vocabulary and the pairing are those of the file. */
export function tinyLlamaOfFile(options: TinyLlamaOptions = {}): TinyLlama {
  const architecture = options.config?.architecture ?? tinyConfig.architecture;
  const rope = { ...options.config?.rope, pairing: pairings[architecture] };
  const vocabularySize = tinyVocabulary().tokens.length;
  return tinyLlama({ ...options, config: { ...options.config, architecture, vocabularySize, rope } });
}

/**
 * Writes a tiny LLaMA as a whole GGUF file with a SentencePiece vocabulary, so that `loadModel`, a command line or an
 * example can be tried without downloading anything. Resolves with the file's size in bytes.
 */
export function writeTinyLlama(
  output: string | URL | WritableStream<Uint8Array>,
  options: TinyLlamaOptions = {},
): Promise<number> {
  const { config, weights } = tinyLlamaOfFile(options);
  const tensors = [...weights.tensors].map(([name, tensor]) => tensorInput(ggufName(name), tensor));
  const factors = config.rope.frequencyFactors;
  if (factors !== undefined) {
    const bytes = new Uint8Array(Float32Array.from(factors).buffer);
    tensors.push(tensorInput("rope_freqs.weight", { type: "F32", shape: [factors.length], bytes }));
  }
  return writeGguf(output, { metadata: metadataOf(config), tensors });
}

/** The bytes of the file that {@link writeTinyLlama} writes. */
export async function tinyLlamaBytes(options: TinyLlamaOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (piece) => {
      pieces.push(piece.slice());
    },
  });
  await writeTinyLlama(stream, options);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function tensorInput(name: string, { type, shape, bytes }: MemoryTensor): GgufTensorInput {
  return { name, type, shape, data: bytes };
}

const parts: readonly (readonly [huggingFace: string, gguf: string])[] = [
  ["model.embed_tokens", "token_embd"],
  ["model.layers", "blk"],
  ["model.norm", "output_norm"],
  ["lm_head", "output"],
  ["input_layernorm", "attn_norm"],
  ["post_attention_layernorm", "ffn_norm"],
  ["self_attn.o_proj", "attn_output"],
  ["self_attn.", "attn_"],
  ["mlp.", "ffn_"],
  ["_proj", ""],
];

/** `model.layers.0.self_attn.q_proj.weight` → `blk.0.attn_q.weight` */
function ggufName(name: string): string {
  return parts.reduce((renamed, [from, to]) => renamed.replace(from, to), name);
}

function metadataOf(config: ModelConfig): Map<string, GgufEntry> {
  const { architecture, rope } = config;
  const vocabulary = tinyVocabulary();
  const metadata = new Map<string, GgufEntry>();
  const integer = (key: string, value: number) => metadata.set(key, { type: "uint32", value });
  const float = (key: string, value: number) => metadata.set(key, { type: "float32", value });
  const text = (key: string, value: string) => metadata.set(key, { type: "string", value });

  text("general.architecture", architecture);
  text("general.name", config.name ?? "tiny-llama");
  integer(`${architecture}.context_length`, config.maxPositionEmbeddings);
  integer(`${architecture}.embedding_length`, config.hiddenSize);
  integer(`${architecture}.feed_forward_length`, config.intermediateSize);
  integer(`${architecture}.block_count`, config.numHiddenLayers);
  integer(`${architecture}.attention.head_count`, config.numAttentionHeads);
  integer(`${architecture}.attention.head_count_kv`, config.numKeyValueHeads);
  integer(`${architecture}.attention.key_length`, config.headSize);
  integer(`${architecture}.attention.value_length`, config.headSize);
  float(`${architecture}.attention.layer_norm_rms_epsilon`, config.rmsNormEpsilon);
  if (config.slidingWindow !== undefined) integer(`${architecture}.attention.sliding_window`, config.slidingWindow);
  integer(`${architecture}.rope.dimension_count`, rope.rotaryDimension);
  float(`${architecture}.rope.freq_base`, rope.theta);
  writeScaling(config, text, float, integer);

  text("tokenizer.ggml.model", "llama");
  metadata.set("tokenizer.ggml.tokens", {
    type: "array",
    value: { elementType: "string", values: GgufStringArray.from(vocabulary.tokens) },
  });
  metadata.set("tokenizer.ggml.scores", {
    type: "array",
    value: { elementType: "float32", values: Float32Array.from(vocabulary.scores) },
  });
  metadata.set("tokenizer.ggml.token_type", {
    type: "array",
    value: { elementType: "int32", values: Int32Array.from(vocabulary.types) },
  });
  integer("tokenizer.ggml.unknown_token_id", 0);
  integer("tokenizer.ggml.bos_token_id", 1);
  integer("tokenizer.ggml.eos_token_id", 2);
  return metadata;
}

type Setter<Value> = (key: string, value: Value) => unknown;

function writeScaling(
  { architecture, rope: { scaling } }: ModelConfig,
  text: Setter<string>,
  float: Setter<number>,
  integer: Setter<number>,
): void {
  if (scaling === undefined) return;
  if (scaling.type === "llama3") throw new Error("GGUF holds Llama 3 scaling as frequencyFactors; give those instead");
  text(`${architecture}.rope.scaling.type`, scaling.type);
  float(`${architecture}.rope.scaling.factor`, scaling.factor);
  if (scaling.type === "linear") return;
  integer(`${architecture}.rope.scaling.original_context_length`, scaling.originalMaxPositionEmbeddings);
  float(`${architecture}.rope.scaling.yarn_beta_fast`, scaling.betaFast);
  float(`${architecture}.rope.scaling.yarn_beta_slow`, scaling.betaSlow);
  float(`${architecture}.rope.scaling.attn_factor`, scaling.attentionFactor / (1 + 0.1 * Math.log(scaling.factor)));
}
