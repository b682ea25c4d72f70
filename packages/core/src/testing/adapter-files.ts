import type { GgufEntry } from "../formats/gguf-value.ts";
import { type GgufTensorInput, writeGguf } from "../formats/gguf-writer.ts";
import { jsonBlob, safetensorsBytes, type TestTensor } from "./hugging-face-files.ts";

/** A matrix of an adapter, row by row. */
export interface TestMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/** Numbers between −1 and 1 from a linear congruential generator (Numerical Recipes). */
export function randomMatrix(rows: number, columns: number, seed: number, size = 1): TestMatrix {
  let state = seed;
  const values = Float32Array.from({ length: rows * columns }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return size * (state / 2 ** 31 - 1);
  });
  return { rows, columns, values };
}

/** A matrix as a tensor of float32; with one column as a vector. */
export function matrixTensor(name: string, { rows, columns, values }: TestMatrix): TestTensor {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, type: "F32", shape: columns === 1 ? [rows] : [rows, columns], data };
}

/** The two tensors that PEFT saves for a linear layer, such as `model.layers.0.mlp.up_proj`. */
export function peftPair(module: string, a: TestMatrix, b: TestMatrix): TestTensor[] {
  return [
    matrixTensor(`base_model.model.${module}.lora_A.weight`, a),
    matrixTensor(`base_model.model.${module}.lora_B.weight`, b),
  ];
}

/** What PEFT writes beside the weights. */
export const peftConfig: Readonly<Record<string, unknown>> = {
  peft_type: "LORA",
  task_type: "CAUSAL_LM",
  base_model_name_or_path: "tiny",
  bias: "none",
  fan_in_fan_out: false,
  init_lora_weights: true,
  lora_alpha: 8,
  lora_dropout: 0.05,
  modules_to_save: null,
  r: 2,
  rank_pattern: {},
  alpha_pattern: {},
  target_modules: ["q_proj"],
  use_dora: false,
  use_rslora: false,
};

/** The files of an adapter as PEFT saves it. */
export function peftFolder(
  tensors: readonly TestTensor[],
  config: Readonly<Record<string, unknown>> = {},
): Map<string, Blob> {
  return new Map([
    ["adapter_config.json", jsonBlob({ ...peftConfig, ...config })],
    ["adapter_model.safetensors", new Blob([safetensorsBytes(tensors)])],
  ]);
}

/** The bytes of an adapter as llama.cpp has them. */
export async function ggufAdapter(
  tensors: readonly GgufTensorInput[],
  alpha: number,
  edit: (metadata: Map<string, GgufEntry>) => void = () => {},
): Promise<Blob> {
  const text = (value: string): GgufEntry => ({ type: "string", value });
  const metadata = new Map<string, GgufEntry>([
    ["general.architecture", text("llama")],
    ["general.type", text("adapter")],
    ["adapter.type", text("lora")],
    ["adapter.lora.alpha", { type: "float32", value: alpha }],
  ]);
  edit(metadata);
  const written: Uint8Array<ArrayBuffer>[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (piece) => {
      written.push(piece.slice());
    },
  });
  await writeGguf(stream, { metadata, tensors });
  return new Blob(written);
}
