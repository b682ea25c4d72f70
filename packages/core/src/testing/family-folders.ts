import { readGguf } from "../formats/gguf-reader.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { fromGguf, jsonBlob, safetensorsBytes, type TestTensor } from "./hugging-face-files.ts";
import { sharedFixture } from "./shared-fixtures.ts";

/** What config.json says of the other fixtures, whose weights there are in GGUF only. */
const base = {
  hidden_size: 128,
  intermediate_size: 320,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 1024,
  vocab_size: 512,
};
const yarn = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 256 };
export const familyConfigs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "llama-linear-scaling.gguf": { ...base, model_type: "llama", rope_scaling: { type: "linear", factor: 4 } },
  "llama-yarn.gguf": { ...base, model_type: "llama", rope_scaling: yarn },
  "qwen2-bias.gguf": { ...base, model_type: "qwen2", rope_theta: 1e6, tie_word_embeddings: true },
  "qwen3-qk-norm.gguf": { ...base, model_type: "qwen3", rope_theta: 1e6, head_dim: 48 },
};

/** One of them as the files of a folder. */
export async function familyFolder(
  name: string,
  config: Readonly<Record<string, unknown>>,
): Promise<Map<string, SourceInput>> {
  const file = await readGguf(sharedFixture(`fixtures/families/${name}`)!);
  const headSize = config.model_type === "llama" ? 32 : 0;
  const tensors: TestTensor[] = [];
  for (const tensor of file.tensors.values()) {
    tensors.push(fromGguf({ ...tensor, data: await file.readTensor(tensor.name) }, headSize));
  }
  await file.dispose();
  return new Map<string, SourceInput>([
    ["config.json", jsonBlob(config)],
    ["model.safetensors", new Blob([safetensorsBytes(tensors)])],
    ["tokenizer.json", sharedFixture("fixtures/families/llama-plain-hf/tokenizer.json")!],
  ]);
}
