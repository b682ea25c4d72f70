import { tinyGguf, tinyPieces } from "./tiny-model.ts";

export interface TestTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The bytes of a safetensors file; with `edit` its header can be spoilt on purpose. */
export function safetensorsBytes(
  tensors: readonly TestTensor[],
  edit: (header: Record<string, unknown>) => unknown = () => {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const { name, type, shape, data } of tensors) {
    header[name] = { dtype: type, shape, data_offsets: [end, end + data.length] };
    end += data.length;
  }
  const edited = edit(header);
  const data = new Uint8Array(end);
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, at);
    at += tensor.data.length;
  }
  return withHeader(typeof edited === "string" ? edited : JSON.stringify(header), data);
}

export function withHeader(json: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const header = typeof json === "string" ? new TextEncoder().encode(json) : json;
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(data, 8 + header.length);
  return bytes;
}

const hiddenSize = 32;
const headSize = 8;

const names: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};

/**
 * A tensor of a GGUF file under Hugging Face's name.
 * @param size of a head whose rows GGUF holds interleaved; 0 where they lie in halves
 */
export function fromGguf({ name, type, shape, data }: TestTensor, size: number): TestTensor {
  const [, layer, part, kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name)!;
  const prefix = layer === undefined ? "" : `model.layers.${layer}.`;
  const moves = size > 0 && (part === "attn_q" || part === "attn_k");
  const moved = moves ? inHalves(data, data.length / shape[0]!, size) : data;
  return { name: `${prefix}${names[part!]}.${kind}`, type, shape, data: moved };
}

/** Rows that RoPE turns together lie side by side in GGUF, and half a head apart in Hugging Face's files. */
function inHalves(rows: Uint8Array, rowBytes: number, size: number): Uint8Array {
  const result = new Uint8Array(rows.length);
  for (let row = 0; row < rows.length / rowBytes; row++) {
    const within = row % size;
    const from = row - within + (within < size / 2 ? 2 * within : 2 * (within - size / 2) + 1);
    result.set(rows.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
  }
  return result;
}

/** The tensors of the tiny model as Hugging Face holds them. */
export async function tinyTensors(): Promise<TestTensor[]> {
  const tensors: TestTensor[] = [];
  await tinyGguf((_, given) => tensors.push(...given.map((tensor) => fromGguf(tensor as TestTensor, headSize))));
  return tensors;
}

export const tinyConfig: Readonly<Record<string, unknown>> = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_size: hiddenSize,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 96,
  vocab_size: tinyPieces.length,
  tie_word_embeddings: true,
  torch_dtype: "float32",
};

/** The model of `tinyGguf()` as the files of a folder, with a `tokenizer.model`. */
export async function tinyFolder(): Promise<Map<string, Blob>> {
  return new Map([
    ["config.json", jsonBlob(tinyConfig)],
    ["model.safetensors", new Blob([safetensorsBytes(await tinyTensors())])],
    ["tokenizer.model", new Blob([sentencePieceBytes()])],
  ]);
}

export function jsonBlob(value: unknown): Blob {
  return new Blob([JSON.stringify(value)]);
}

type Field = readonly [number: number, value: number | Uint8Array | string | { readonly float: number }];

/** A message in the wire format of Protocol Buffers. */
export function protobufBytes(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const varint = (value: bigint) => {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
  };
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      varint(BigInt(number << 3));
      varint(BigInt(value));
    } else if (typeof value === "string" || value instanceof Uint8Array) {
      const content = typeof value === "string" ? new TextEncoder().encode(value) : value;
      varint(BigInt((number << 3) | 2));
      varint(BigInt(content.length));
      for (const byte of content) bytes.push(byte);
    } else {
      varint(BigInt((number << 3) | 5));
      bytes.push(...new Uint8Array(new Float32Array([value.float]).buffer));
    }
  }
  return Uint8Array.from(bytes);
}

/** What a `tokenizer.model` says of LLaMA's: merges pairs, changes nothing, puts a space in front. */
export const llamaTrainer: readonly Field[] = [[3, 2]];
export const llamaNormalizer: readonly Field[] = [
  [1, "identity"],
  [3, 1],
  [4, 0],
  [5, 1],
];

/** A `tokenizer.model`; without arguments that of the tiny model. */
export function sentencePieceBytes({
  pieces = tinyPieces.map((spelling, id) => ({
    spelling,
    score: -id,
    type: id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1,
  })),
  trainer = llamaTrainer,
  normalizer = llamaNormalizer,
}: {
  readonly pieces?: readonly { readonly spelling: string; readonly score: number; readonly type: number }[];
  readonly trainer?: readonly Field[];
  readonly normalizer?: readonly Field[];
} = {}): Uint8Array<ArrayBuffer> {
  return protobufBytes([
    ...pieces.map(
      ({ spelling, score, type }): Field => [
        1,
        protobufBytes([
          [1, spelling],
          [2, { float: score }],
          [3, type],
        ]),
      ],
    ),
    [2, protobufBytes(trainer)],
    [3, protobufBytes(normalizer)],
  ]);
}
