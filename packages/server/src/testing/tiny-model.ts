import {
  type GgufEntry,
  GgufStringArray,
  type LoadModelOptions,
  loadModel,
  type Model,
  writeGguf,
} from "@bayling/core";
import { cpu } from "@bayling/core/cpu";

const shape = { hiddenSize: 32, layers: 2, heads: 4, keyValueHeads: 2, intermediateSize: 48 };
const contextOfFile = 4096;

const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

/** Every byte, so that it can write anything, the tokens of ChatML, so that it chats, and a few words. */
const pieces: readonly string[] = [
  ...["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"],
  ...Array.from({ length: 256 }, (_, byte) => byteName(byte)),
  ..."▁ ▁the ▁cat ▁sat ▁on ▁a ▁mat . , é 你 好".split(" "),
  ...Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
];
const controls = 5;

/** Numbers between −1 and 1 from a linear congruential generator (Numerical Recipes). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A random model of some 50,000 parameters that was "taught" ChatML, as a GGUF file in memory. */
async function tinyGguf(): Promise<Blob> {
  const { hiddenSize, layers, heads, keyValueHeads, intermediateSize } = shape;
  const integer = (value: number) => ({ type: "uint32", value }) as const;
  const text = (value: string) => ({ type: "string", value }) as const;
  const types = pieces.map((_, id) => (id === 0 ? 2 : id < controls ? 3 : id < controls + 256 ? 6 : 1));
  const metadata = new Map(
    Object.entries<GgufEntry>({
      "general.architecture": text("llama"),
      "general.name": text("tiny"),
      "llama.context_length": integer(contextOfFile),
      "llama.embedding_length": integer(hiddenSize),
      "llama.block_count": integer(layers),
      "llama.feed_forward_length": integer(intermediateSize),
      "llama.attention.head_count": integer(heads),
      "llama.attention.head_count_kv": integer(keyValueHeads),
      "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
      "tokenizer.ggml.model": text("llama"),
      "tokenizer.ggml.tokens": {
        type: "array",
        value: { elementType: "string", values: GgufStringArray.from(pieces) },
      },
      "tokenizer.ggml.scores": {
        type: "array",
        value: { elementType: "float32", values: Float32Array.from(pieces, (_, id) => -id) },
      },
      "tokenizer.ggml.token_type": { type: "array", value: { elementType: "int32", values: Int32Array.from(types) } },
      "tokenizer.ggml.bos_token_id": integer(1),
      "tokenizer.ggml.eos_token_id": integer(2),
      "tokenizer.ggml.unknown_token_id": integer(0),
    }),
  );
  const random = randomNumbers(42);
  const tensor = (name: string, dimensions: number[], scale: number, offset = 0) => {
    const length = dimensions.reduce((product, size) => product * size);
    const values = Float32Array.from({ length }, () => offset + scale * random());
    return { name: `${name}.weight`, type: "F32", shape: dimensions, data: new Uint8Array(values.buffer) } as const;
  };
  const norm = (name: string) => tensor(name, [hiddenSize], 0.2, 1);
  const keyValueSize = (hiddenSize / heads) * keyValueHeads;
  const layer = (index: number) => [
    norm(`blk.${index}.attn_norm`),
    tensor(`blk.${index}.attn_q`, [hiddenSize, hiddenSize], 0.5),
    tensor(`blk.${index}.attn_k`, [keyValueSize, hiddenSize], 0.5),
    tensor(`blk.${index}.attn_v`, [keyValueSize, hiddenSize], 0.5),
    tensor(`blk.${index}.attn_output`, [hiddenSize, hiddenSize], 0.5),
    norm(`blk.${index}.ffn_norm`),
    tensor(`blk.${index}.ffn_gate`, [intermediateSize, hiddenSize], 0.5),
    tensor(`blk.${index}.ffn_up`, [intermediateSize, hiddenSize], 0.5),
    tensor(`blk.${index}.ffn_down`, [hiddenSize, intermediateSize], 0.5),
  ];
  const tensors = [
    tensor("token_embd", [pieces.length, hiddenSize], 1),
    norm("output_norm"),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
  ];
  const written: Uint8Array<ArrayBuffer>[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (piece) => {
      written.push(piece.slice());
    },
  });
  await writeGguf(stream, { metadata, tensors });
  return new Blob(written);
}

/** {@link tinyGguf} on the CPU backend, with a context of 1024. */
export async function loadTinyModel(options: Partial<LoadModelOptions> = {}): Promise<Model> {
  return loadModel(await tinyGguf(), { backend: cpu(), contextLength: 1024, ...options });
}
