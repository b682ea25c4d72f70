/** The model families that the graph builder knows. */
export type Architecture = "llama" | "mistral" | "qwen2" | "qwen3";

/**
 * How positions beyond the trained length are mapped back.
 * - `linear`: positions divided by `factor` (Chen et al., arXiv 2306.15595)
 * - `llama3`: low frequencies divided by `factor`, high ones kept, smooth in between (Llama 3.1)
 * - `yarn`: NTK-by-parts with attention temperature (Peng et al., arXiv 2309.00071)
 */
export type RopeScaling =
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly type: "yarn";
      readonly factor: number;
      readonly originalMaxPositionEmbeddings: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Multiplies cosine and sine; by default 0.1 ln(factor) + 1. */
      readonly attentionFactor: number;
    };

/**
 * Which elements of a head turn together: `interleaved` pairs (0,1), (2,3) …, as in LLaMA's own weights and in GGUF
 * files of the `llama` architecture; `halves` pairs (0, n/2), (1, n/2+1) …, as in Hugging Face's weights.
 * Hazard: the wrong one still writes fluent-looking nonsense.
 */
export type RopePairing = "interleaved" | "halves";

export interface RopeConfig {
  readonly theta: number;
  readonly pairing: RopePairing;
  /** How many elements of each head turn; the rest pass through. */
  readonly rotaryDimension: number;
  readonly scaling?: RopeScaling | undefined;
  /** Divisors of the inverse frequencies, one a pair, from `rope_freqs.weight` (Llama 3.1's scaling, precomputed). */
  readonly frequencyFactors?: readonly number[] | undefined;
}

/** Hyper-parameters of a LLaMA-family model, by the names that Hugging Face's `config.json` uses. */
export interface ModelConfig {
  readonly architecture: Architecture;
  /** What the file calls the model, for display. */
  readonly name: string | undefined;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headSize: number;
  /** The context length that the model was made for. */
  readonly maxPositionEmbeddings: number;
  readonly rmsNormEpsilon: number;
  readonly rope: RopeConfig;
  /** Attend only to this many last positions, the own one included. */
  readonly slidingWindow?: number | undefined;
  /** Which of the attention projections add a bias. */
  readonly attentionBias: {
    readonly query: boolean;
    readonly key: boolean;
    readonly value: boolean;
    readonly output: boolean;
  };
  /** Normalise each query and key head before RoPE (Qwen3). */
  readonly queryKeyNorm: boolean;
  /** The output projection is the embedding table. */
  readonly tieWordEmbeddings: boolean;
}
