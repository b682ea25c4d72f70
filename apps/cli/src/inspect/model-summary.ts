import type { GgufFile, GgufMetadata } from "@bayling/core";

/** Tensors of one type: how many and how large. */
export interface TypeShare {
  readonly type: string;
  readonly tensors: number;
  readonly bytes: number;
}

export interface TokenizerSummary {
  /** As the file calls it: `llama` is SentencePiece, `gpt2` byte-level BPE. */
  readonly model: string;
  readonly preTokenizer: string | undefined;
  readonly tokens: number | undefined;
  readonly bos: SpecialToken | undefined;
  readonly eos: SpecialToken | undefined;
  readonly addsBos: boolean | undefined;
  readonly hasChatTemplate: boolean;
}

export interface SpecialToken {
  readonly id: number;
  readonly text: string | undefined;
}

/** What the header of a GGUF file says, or the files of a folder, of any architecture. What the file does not say is absent. */
export interface ModelSummary {
  readonly file: {
    readonly name: string;
    /** Of GGUF; absent for a folder of safetensors. */
    readonly version?: number;
    readonly bytes: number;
    readonly parts: number;
  };
  readonly name: string | undefined;
  readonly architecture: string | undefined;
  readonly parameters: number;
  readonly bitsPerWeight: number | undefined;
  readonly layers: number | undefined;
  readonly hiddenSize: number | undefined;
  readonly feedForwardSize: number | undefined;
  readonly heads: number | undefined;
  readonly keyValueHeads: number | undefined;
  readonly contextLength: number | undefined;
  readonly slidingWindow: number | undefined;
  readonly experts: number | undefined;
  readonly ropeTheta: number | undefined;
  readonly ropeScaling: string | undefined;
  readonly license: string | undefined;
  readonly tensors: number;
  /** Largest first. */
  readonly types: readonly TypeShare[];
  readonly tokenizer: TokenizerSummary | undefined;
}

/** Never throws: a header may hold anything, and inspecting is how a person finds out. */
export function summarize(file: GgufFile): ModelSummary {
  const { metadata } = file;
  const tensors = [...file.tensors.values()];
  const architecture = text(metadata, "general.architecture");
  const own = (key: string) => number(metadata, `${architecture}.${key}`);
  const parameters = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1),
    0,
  );
  const bytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    file: {
      name: file.name,
      version: file.version,
      bytes: file.size,
      parts: tensors.reduce((most, { part }) => Math.max(most, part), 0) + 1,
    },
    name: text(metadata, "general.name"),
    architecture,
    parameters,
    bitsPerWeight: parameters === 0 ? undefined : (8 * bytes) / parameters,
    layers: own("block_count"),
    hiddenSize: own("embedding_length"),
    feedForwardSize: own("feed_forward_length"),
    heads: own("attention.head_count"),
    keyValueHeads: own("attention.head_count_kv") ?? own("attention.head_count"),
    contextLength: own("context_length"),
    slidingWindow: own("attention.sliding_window"),
    experts: own("expert_count"),
    ropeTheta: own("rope.freq_base"),
    ropeScaling: text(metadata, `${architecture}.rope.scaling.type`),
    license: text(metadata, "general.license"),
    tensors: tensors.length,
    types: typeShares(tensors),
    tokenizer: summarizeTokenizer(metadata),
  };
}

/** The types of some tensors, those that take the most bytes first. */
export function typeShares(tensors: readonly { readonly type: string; readonly byteLength: number }[]): TypeShare[] {
  const shares = new Map<string, { type: string; tensors: number; bytes: number }>();
  for (const { type, byteLength } of tensors) {
    const share = shares.get(type) ?? { type, tensors: 0, bytes: 0 };
    share.tensors++;
    share.bytes += byteLength;
    shares.set(type, share);
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
}

function summarizeTokenizer(metadata: GgufMetadata): TokenizerSummary | undefined {
  const model = text(metadata, "tokenizer.ggml.model");
  if (model === undefined) return undefined;
  const entry = metadata.entry("tokenizer.ggml.tokens");
  const tokens = entry?.type === "array" && entry.value.elementType === "string" ? entry.value.values : undefined;
  const special = (key: string): SpecialToken | undefined => {
    const id = number(metadata, key);
    if (id === undefined) return undefined;
    const known = tokens !== undefined && Number.isInteger(id) && id >= 0 && id < tokens.length;
    return { id, text: known ? tokens.at(id) : undefined };
  };
  const addsBos = metadata.get("tokenizer.ggml.add_bos_token");
  return {
    model,
    preTokenizer: text(metadata, "tokenizer.ggml.pre"),
    tokens: tokens?.length,
    bos: special("tokenizer.ggml.bos_token_id"),
    eos: special("tokenizer.ggml.eos_token_id"),
    addsBos: typeof addsBos === "boolean" ? addsBos : undefined,
    hasChatTemplate: (text(metadata, "tokenizer.chat_template") ?? "").trim() !== "",
  };
}

function text(metadata: GgufMetadata, key: string): string | undefined {
  const value = metadata.get(key);
  return typeof value === "string" ? value : undefined;
}

function number(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}
