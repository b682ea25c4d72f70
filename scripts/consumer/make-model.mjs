// Runs in the consumer's project: writes model.gguf, a LLaMA of random weights that spells in bytes. It writes
// nonsense, through the same doors as a real one.
import { GgufStringArray, writeGguf } from "@bayling/core";

const hidden = 32;
const heads = 4;
const intermediate = 48;
const layers = 2;
const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const tokens = ["<unk>", "<s>", "</s>", ...byteTokens];
// GGUF's numbers of token kinds: unknown, control, byte.
const kinds = [2, 3, 3, ...byteTokens.map(() => 6)];

const uint32 = (value) => ({ type: "uint32", value });
const float32 = (value) => ({ type: "float32", value });
const array = (elementType, values) => ({ type: "array", value: { elementType, values } });

const metadata = new Map([
  ["general.architecture", { type: "string", value: "llama" }],
  ["general.name", { type: "string", value: "nonsense" }],
  ["llama.context_length", uint32(256)],
  ["llama.embedding_length", uint32(hidden)],
  ["llama.feed_forward_length", uint32(intermediate)],
  ["llama.block_count", uint32(layers)],
  ["llama.attention.head_count", uint32(heads)],
  ["llama.attention.head_count_kv", uint32(heads)],
  ["llama.attention.layer_norm_rms_epsilon", float32(1e-5)],
  ["llama.rope.dimension_count", uint32(hidden / heads)],
  ["llama.rope.freq_base", float32(10000)],
  ["tokenizer.ggml.model", { type: "string", value: "llama" }],
  ["tokenizer.ggml.tokens", array("string", GgufStringArray.from(tokens))],
  ["tokenizer.ggml.scores", array("float32", new Float32Array(tokens.length))],
  ["tokenizer.ggml.token_type", array("int32", Int32Array.from(kinds))],
  ["tokenizer.ggml.unknown_token_id", uint32(0)],
  ["tokenizer.ggml.bos_token_id", uint32(1)],
  ["tokenizer.ggml.eos_token_id", uint32(2)],
]);

let state = 1;
/** Uniform in −0.5 … 0.5, the same on every run (Park and Miller's generator). */
function random() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647 - 0.5;
}

function tensor(name, ...shape) {
  const values = Float32Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, random);
  return { name, type: "F32", shape, data: new Uint8Array(values.buffer) };
}

await writeGguf("model.gguf", {
  metadata,
  tensors: [
    tensor("token_embd.weight", tokens.length, hidden),
    ...Array.from({ length: layers }, (_, layer) => [
      tensor(`blk.${layer}.attn_norm.weight`, hidden),
      ...["attn_q", "attn_k", "attn_v", "attn_output"].map((part) =>
        tensor(`blk.${layer}.${part}.weight`, hidden, hidden),
      ),
      tensor(`blk.${layer}.ffn_norm.weight`, hidden),
      tensor(`blk.${layer}.ffn_gate.weight`, intermediate, hidden),
      tensor(`blk.${layer}.ffn_up.weight`, intermediate, hidden),
      tensor(`blk.${layer}.ffn_down.weight`, hidden, intermediate),
    ]).flat(),
    tensor("output_norm.weight", hidden),
    tensor("output.weight", tokens.length, hidden),
  ],
});
