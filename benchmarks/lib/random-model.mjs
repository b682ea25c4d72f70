import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { GgufStringArray, writeGguf } from "@bayling/core";

/** Shapes of models that people run; only their sizes matter for speed. */
const shapes = {
  tiny: { hidden: 256, feedForward: 512, layers: 2, heads: 4, keyValueHeads: 2, vocabulary: 512, context: 1024 },
  "10m": { hidden: 320, feedForward: 864, layers: 6, heads: 5, keyValueHeads: 5, vocabulary: 4096, context: 2048 },
  "100m": {
    hidden: 640,
    feedForward: 1728,
    layers: 12,
    heads: 10,
    keyValueHeads: 10,
    vocabulary: 32000,
    context: 2048,
  },
  /** Most of its work is its vocabulary. */
  "128k": {
    hidden: 256,
    feedForward: 512,
    layers: 4,
    heads: 4,
    keyValueHeads: 4,
    vocabulary: 128256,
    context: 2048,
  },
  "7b": {
    hidden: 4096,
    feedForward: 11008,
    layers: 32,
    heads: 32,
    keyValueHeads: 32,
    vocabulary: 32000,
    context: 4096,
  },
  "1b": { hidden: 2048, feedForward: 8192, layers: 16, heads: 32, keyValueHeads: 8, vocabulary: 128256, context: 4096 },
};

/** Bytes of a block, its elements, and where in it halves lie that must stay small. */
const types = {
  F32: { bytes: 4, elements: 1 },
  Q4_0: { bytes: 18, elements: 32, halves: [0] },
  Q8_0: { bytes: 34, elements: 32, halves: [0] },
  Q4_K: { bytes: 144, elements: 256, halves: [0, 2] },
  Q6_K: { bytes: 210, elements: 256, halves: [208] },
};

/** The type of each matrix, as llama.cpp's quantizer chooses it. */
const recipes = {
  q4_0: (name) => (name === "output" ? "Q6_K" : "Q4_0"),
  q8_0: () => "Q8_0",
  q4_k_m: (name, layer, layers) => {
    const more = layer < layers / 8 || layer >= (layers * 7) / 8 || (layer - Math.floor(layers / 8)) % 3 === 2;
    return name === "output" || name === "token_embd" || (/attn_v|ffn_down/.test(name) && more) ? "Q6_K" : "Q4_K";
  },
};

/**
 * A GGUF file with random weights, made once in the folder for temporary files.
 * @param size `tiny`, `10m`, `100m`, `128k`, `1b`, `7b`
 * @param recipe `q4_0`, `q8_0`, `q4_k_m`
 */
export async function randomModel(size, recipe) {
  const file = path.join(os.tmpdir(), `bayling-${size}-${recipe}.gguf`);
  if (existsSync(file)) return file;
  const { hidden, feedForward, layers, heads, keyValueHeads, vocabulary, context } = shapes[size];
  const head = hidden / heads;
  const matrix = (name, rows, columns, layer = 0) => {
    const type = recipes[recipe](name.replace(/^blk\.\d+\./, ""), layer, layers);
    return { name: `${name}.weight`, type, shape: [rows, columns], data: () => randomBlocks(type, rows * columns) };
  };
  const norm = (name) => ({
    ...{ name: `${name}.weight`, type: "F32", shape: [hidden] },
    data: new Uint8Array(new Float32Array(hidden).fill(1).buffer),
  });
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const name = (part) => `blk.${layer}.${part}`;
    return [
      norm(name("attn_norm")),
      matrix(name("attn_q"), hidden, hidden, layer),
      matrix(name("attn_k"), keyValueHeads * head, hidden, layer),
      matrix(name("attn_v"), keyValueHeads * head, hidden, layer),
      matrix(name("attn_output"), hidden, hidden, layer),
      norm(name("ffn_norm")),
      matrix(name("ffn_gate"), feedForward, hidden, layer),
      matrix(name("ffn_up"), feedForward, hidden, layer),
      matrix(name("ffn_down"), hidden, feedForward, layer),
    ];
  }).flat();
  const tensors = [
    matrix("token_embd", vocabulary, hidden),
    ...blocks,
    norm("output_norm"),
    ...(size === "1b" ? [] : [matrix("output", vocabulary, hidden)]),
  ];
  const unfinished = `${file}.part`;
  await writeGguf(unfinished, { metadata: metadata({ ...shapes[size], head, context }), tensors });
  await fs.rename(unfinished, file);
  return file;
}

function metadata({ hidden, feedForward, layers, heads, keyValueHeads, vocabulary, context, head }) {
  const tokens = Array.from({ length: vocabulary }, (_, id) => {
    if (id < 3) return ["<unk>", "<s>", "</s>"][id];
    return id < 259 ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, "0")}>` : `▁w${id}`;
  });
  const array = (elementType, values) => ({ type: "array", value: { elementType, values } });
  const integer = (value) => ({ type: "uint32", value });
  const kinds = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
  return new Map([
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: "random weights" }],
    ["llama.context_length", integer(context)],
    ["llama.embedding_length", integer(hidden)],
    ["llama.block_count", integer(layers)],
    ["llama.feed_forward_length", integer(feedForward)],
    ["llama.attention.head_count", integer(heads)],
    ["llama.attention.head_count_kv", integer(keyValueHeads)],
    ["llama.rope.dimension_count", integer(head)],
    ["llama.vocab_size", integer(vocabulary)],
    ["llama.attention.layer_norm_rms_epsilon", { type: "float32", value: 1e-5 }],
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.tokens", array("string", GgufStringArray.from(tokens))],
    [
      "tokenizer.ggml.scores",
      array(
        "float32",
        Float32Array.from(tokens, (_, id) => -id),
      ),
    ],
    ["tokenizer.ggml.token_type", array("int32", Int32Array.from(kinds))],
    ["tokenizer.ggml.bos_token_id", integer(1)],
    ["tokenizer.ggml.eos_token_id", integer(2)],
    ["tokenizer.ggml.unknown_token_id", integer(0)],
  ]);
}

/** Random bytes, but for scales, which are about 0.001: sums stay finite. */
function randomBlocks(type, elements) {
  const { bytes, elements: blockElements, halves } = types[type];
  const data = new Uint8Array((elements / blockElements) * bytes);
  const period = bytes * 1021;
  let state = 1;
  for (let i = 0; i < Math.min(period, data.length); i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  for (let block = 0; block < Math.min(period, data.length); block += bytes) {
    for (const half of halves) data.set([0x19, 0x14], block + half);
  }
  for (let filled = period; filled < data.length; filled *= 2)
    data.copyWithin(filled, 0, Math.min(filled, data.length - filled));
  return data;
}
