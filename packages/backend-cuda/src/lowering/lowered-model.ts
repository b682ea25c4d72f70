/** A model in the form that llama.cpp reads. */
export interface LoweredModel {
  /** GGUF files on this machine, the parts of a split one in order. */
  readonly paths: readonly string[];
  /** `general.architecture` of the files: the prefix of the keys of their hyper-parameters. */
  readonly architecture: string;
  /** Rows of the embedding table: without a vocabulary of its own, llama.cpp has to be told. */
  readonly vocabularySize: number;
  /** Whether the files hold a vocabulary, which llama.cpp then need not read. */
  readonly hasVocabulary: boolean;
  /** What llama.cpp must say of the model once it has read it. */
  readonly expected: {
    readonly layers: number;
    readonly hiddenSize: number;
    readonly heads: number;
    readonly keyValueHeads: number;
    /** 0 where every position is attended to. */
    readonly slidingWindow: number;
    /** How RoPE pairs elements (`llama_model_rope_type`). */
    readonly ropePairing: "interleaved" | "halves";
  };
}
