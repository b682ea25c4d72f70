import type { Backend } from "../backend/backend.ts";
import { cpu } from "../cpu/cpu-backend.ts";
import { GgufStringArray } from "../formats/gguf-string-array.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { type GgufTensorInput, writeGguf } from "../formats/gguf-writer.ts";
import { type LoadModelOptions, loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";

const shape = { hiddenSize: 32, layers: 2, heads: 4, keyValueHeads: 2, intermediateSize: 48, contextLength: 96 };
const words = ["▁", "▁a", "▁b", "a", "b", "c", "▁the", "▁cat", "▁sat", "é", "你", "好"];
/** The vocabulary of the tiny model. */
export const tinyPieces: readonly string[] = [
  "<unk>",
  "<s>",
  "</s>",
  ...Array.from({ length: 256 }, (_, byte) => byteName(byte)),
  ...words,
];

function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** Numbers between −1 and 1 from a linear congruential generator (Numerical Recipes). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A random model of 50,000 parameters as a GGUF file in memory; with `edit` its content can be spoilt on purpose. */
export async function tinyGguf(
  edit: (metadata: Map<string, GgufEntry>, tensors: GgufTensorInput[]) => void = () => {},
): Promise<Blob> {
  const { hiddenSize, layers, heads, keyValueHeads, intermediateSize, contextLength } = shape;
  const integer = (value: number): GgufEntry => ({ type: "uint32", value });
  const metadata = new Map<string, GgufEntry>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: "tiny" }],
    ["llama.context_length", integer(contextLength)],
    ["llama.embedding_length", integer(hiddenSize)],
    ["llama.block_count", integer(layers)],
    ["llama.feed_forward_length", integer(intermediateSize)],
    ["llama.attention.head_count", integer(heads)],
    ["llama.attention.head_count_kv", integer(keyValueHeads)],
    ["llama.attention.layer_norm_rms_epsilon", { type: "float32", value: 1e-5 }],
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    [
      "tokenizer.ggml.tokens",
      { type: "array", value: { elementType: "string", values: GgufStringArray.from(tinyPieces) } },
    ],
    [
      "tokenizer.ggml.scores",
      { type: "array", value: { elementType: "float32", values: Float32Array.from(tinyPieces, (_, id) => -id) } },
    ],
    [
      "tokenizer.ggml.token_type",
      {
        type: "array",
        value: {
          elementType: "int32",
          values: Int32Array.from(tinyPieces, (_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1)),
        },
      },
    ],
    ["tokenizer.ggml.bos_token_id", integer(1)],
    ["tokenizer.ggml.eos_token_id", integer(2)],
    ["tokenizer.ggml.unknown_token_id", integer(0)],
  ]);
  const random = randomNumbers(42);
  const tensor = (name: string, dimensions: number[], scale: number, offset = 0): GgufTensorInput => {
    const length = dimensions.reduce((product, size) => product * size);
    const values = Float32Array.from({ length }, () => offset + scale * random());
    return { name, type: "F32", shape: dimensions, data: new Uint8Array(values.buffer) };
  };
  const norm = (name: string) => tensor(name, [hiddenSize], 0.2, 1);
  const keyValueSize = (hiddenSize / heads) * keyValueHeads;
  const tensors = [tensor("token_embd.weight", [tinyPieces.length, hiddenSize], 1), norm("output_norm.weight")];
  for (let layer = 0; layer < layers; layer++) {
    tensors.push(
      norm(`blk.${layer}.attn_norm.weight`),
      tensor(`blk.${layer}.attn_q.weight`, [hiddenSize, hiddenSize], 0.5),
      tensor(`blk.${layer}.attn_k.weight`, [keyValueSize, hiddenSize], 0.5),
      tensor(`blk.${layer}.attn_v.weight`, [keyValueSize, hiddenSize], 0.5),
      tensor(`blk.${layer}.attn_output.weight`, [hiddenSize, hiddenSize], 0.5),
      norm(`blk.${layer}.ffn_norm.weight`),
      tensor(`blk.${layer}.ffn_gate.weight`, [intermediateSize, hiddenSize], 0.5),
      tensor(`blk.${layer}.ffn_up.weight`, [intermediateSize, hiddenSize], 0.5),
      tensor(`blk.${layer}.ffn_down.weight`, [hiddenSize, intermediateSize], 0.5),
    );
  }
  edit(metadata, tensors);
  const written: Uint8Array<ArrayBuffer>[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (piece) => {
      written.push(piece.slice());
    },
  });
  await writeGguf(stream, { metadata, tensors });
  return new Blob(written);
}

export async function tinyModel(
  options: Partial<LoadModelOptions> & { readonly backend?: Backend } = {},
): Promise<Model> {
  return loadModel(await tinyGguf(), { backend: cpu(), ...options });
}
