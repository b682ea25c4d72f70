import { BayLingError } from "@bayling/core";

/** A LLaMA to be trained from scratch. */
export interface ModelShape {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Default: as many as heads. */
  readonly keyValueHeads?: number | undefined;
  readonly intermediateSize: number;
  /** Whether the embedding table writes the scores, too. Default true, which small models live on. */
  readonly tieWordEmbeddings?: boolean | undefined;
  /** Default 10,000. */
  readonly ropeTheta?: number | undefined;
}

/** Blocks of quantized weights are at least so long. */
const blockSize = 32;

/**
 * `config.json` of a model, as Hugging Face has it.
 * @param vocabularySize rows of the embedding table
 * @throws BayLingError `argument-invalid` for sizes that no LLaMA has, or that cannot be quantized
 */
export function modelConfig(shape: ModelShape, vocabularySize: number, contextLength: number): Record<string, unknown> {
  const { hiddenSize, layers, heads, keyValueHeads = heads, intermediateSize } = shape;
  for (const [field, value] of Object.entries({ hiddenSize, layers, heads, keyValueHeads, intermediateSize })) {
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(field, "a whole number from 1", value);
  }
  for (const [field, value] of Object.entries({ hiddenSize, intermediateSize })) {
    if (value % blockSize !== 0)
      throw invalid(field, `a multiple of ${blockSize}, the blocks of quantized weights`, value);
  }
  if (hiddenSize % (2 * heads) !== 0) throw invalid("heads", "heads of an even size that divide hiddenSize", heads);
  if (heads % keyValueHeads !== 0) throw invalid("keyValueHeads", `a divisor of ${heads} heads`, keyValueHeads);
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: vocabularySize,
    hidden_size: hiddenSize,
    intermediate_size: intermediateSize,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    max_position_embeddings: contextLength,
    rms_norm_eps: 1e-5,
    rope_theta: shape.ropeTheta ?? 10_000,
    tie_word_embeddings: shape.tieWordEmbeddings ?? true,
    hidden_act: "silu",
    attention_bias: false,
    mlp_bias: false,
    torch_dtype: "float32",
  };
}

function invalid(field: string, expected: string, received: number): BayLingError {
  return new BayLingError("argument-invalid", {
    field,
    problem: "no model can have this size",
    expected,
    received: String(received),
  });
}

/** Weights of a model of this shape. */
export function parameterCount(shape: ModelShape, vocabularySize: number): number {
  const { hiddenSize, layers, heads, keyValueHeads = heads, intermediateSize, tieWordEmbeddings = true } = shape;
  const attention = hiddenSize * hiddenSize * (2 + (2 * keyValueHeads) / heads);
  const layer = attention + 3 * hiddenSize * intermediateSize + 2 * hiddenSize;
  return vocabularySize * hiddenSize * (tieWordEmbeddings ? 1 : 2) + layers * layer + hiddenSize;
}
