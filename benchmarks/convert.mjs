// What memory it takes to write a folder of Hugging Face as one GGUF file, and how long.
//
//   node benchmarks/convert.mjs [1b|7b] [F16]
//
// The folder holds two shards of safetensors in BF16 that are all zeros, which a disk keeps without taking room; the new
// file takes its full size in the folder for temporary files. Needs a build of @bayling/core (npm run build).
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { convertToGguf } from "@bayling/core/convert";

const [size = "1b", type = "F16"] = process.argv.slice(2);
const shapes = {
  "1b": { hidden: 2048, feedForward: 5632, layers: 22, heads: 32, vocabulary: 32000 },
  "7b": { hidden: 4096, feedForward: 11008, layers: 32, heads: 32, vocabulary: 32000 },
};
const { hidden, feedForward, layers, heads, vocabulary } = shapes[size];

const folder = await fs.mkdtemp(path.join(os.tmpdir(), "bayling-convert-"));
try {
  await writeFolder();
  const began = { wall: performance.now(), processor: process.cpuUsage().user };
  const { sourceSize, size: written } = await convertToGguf(folder, path.join(folder, "out.gguf"), { type });
  const seconds = (performance.now() - began.wall) / 1000;
  const processor = (process.cpuUsage().user - began.processor) / 1e6;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    `${size}, BF16 to ${type}: ${megabytes(sourceSize)} to ${megabytes(written)} in ${seconds.toFixed(1)} s, ` +
      `${processor.toFixed(1)} s of them the processor's`,
  );
  console.log(`most memory: ${megabytes(process.resourceUsage().maxRSS * 1024)} resident`);
} finally {
  await fs.rm(folder, { recursive: true, force: true });
}

async function writeFolder() {
  const tensors = [...tensorsOf()];
  const middle = Math.ceil(tensors.length / 2);
  const places = {};
  for (const [index, part] of [tensors.slice(0, middle), tensors.slice(middle)].entries()) {
    const name = `model-0000${index + 1}-of-00002.safetensors`;
    const header = {};
    let end = 0;
    for (const [tensor, ...shape] of part) {
      const begin = end;
      end += 2 * shape.reduce((product, extent) => product * extent);
      header[tensor] = { dtype: "BF16", shape, data_offsets: [begin, end] };
      places[tensor] = name;
    }
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    await fs.writeFile(path.join(folder, name), Buffer.concat([length, json]));
    await fs.truncate(path.join(folder, name), 8 + json.length + end);
  }
  const files = {
    "model.safetensors.index.json": { weight_map: places },
    "config.json": {
      ...{ model_type: "llama", hidden_size: hidden, intermediate_size: feedForward, num_hidden_layers: layers },
      ...{ num_attention_heads: heads, vocab_size: vocabulary, rms_norm_eps: 1e-5 },
    },
    "tokenizer.json": tokenizer(),
  };
  for (const [name, content] of Object.entries(files)) {
    await fs.writeFile(path.join(folder, name), JSON.stringify(content));
  }
}

function* tensorsOf() {
  yield ["model.embed_tokens.weight", vocabulary, hidden];
  for (let layer = 0; layer < layers; layer++) {
    const name = (part) => `model.layers.${layer}.${part}.weight`;
    for (const part of ["input_layernorm", "post_attention_layernorm"]) yield [name(part), hidden];
    for (const part of ["q", "k", "v", "o"]) yield [name(`self_attn.${part}_proj`), hidden, hidden];
    for (const part of ["gate", "up"]) yield [name(`mlp.${part}_proj`), feedForward, hidden];
    yield [name("mlp.down_proj"), hidden, feedForward];
  }
  yield ["model.norm.weight", hidden];
  yield ["lm_head.weight", vocabulary, hidden];
}

/** A vocabulary of bytes alone, in the manner of LLaMA's. */
function tokenizer() {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes];
  const added = tokens.slice(0, 3).map((content, id) => ({ id, content, special: true }));
  return {
    added_tokens: added,
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    model: {
      ...{ type: "BPE", unk_token: "<unk>", byte_fallback: true, merges: [] },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
}
