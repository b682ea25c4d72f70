import fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { cpu } from "../../cpu/cpu-backend.ts";
import { dequantize } from "../../formats/dequantize.ts";
import type { GgufTensorInput } from "../../formats/gguf-writer.ts";
import { quantize } from "../../formats/quantize.ts";
import { loadModel } from "../../load-model.ts";
import { planMemory } from "../../memory-plan.ts";
import { logSoftmax } from "../../sampling/log-softmax.ts";
import type { ModelSource } from "../../sources/is-folder.ts";
import {
  ggufAdapter,
  matrixTensor,
  peftFolder,
  peftPair,
  randomMatrix,
  type TestMatrix,
} from "../../testing/adapter-files.ts";
import {
  jsonBlob,
  safetensorsBytes,
  type TestTensor,
  tinyConfig,
  tinyFolder,
} from "../../testing/hugging-face-files.ts";
import { pytorchBytes } from "../../testing/pytorch-files.ts";
import { tinyGguf } from "../../testing/tiny-model.ts";
import { openModelFiles } from "../model-files.ts";
import type { AdapterInput } from "./adapter.ts";

let folder: Map<string, Blob>;
let gguf: Blob;
beforeAll(async () => {
  folder = await tinyFolder();
  gguf = await tinyGguf();
});

const query = "model.layers.0.self_attn.q_proj";
const key = "model.layers.1.self_attn.k_proj";
const down = "model.layers.1.mlp.down_proj";
const table = "model.embed_tokens";
const vocabulary = 271;

/** Matrices of rank 2 for three layers of the tiny model, in Hugging Face's order of rows. */
const pairs: readonly (readonly [module: string, a: TestMatrix, b: TestMatrix])[] = [
  [query, randomMatrix(2, 32, 1), randomMatrix(32, 2, 2)],
  [key, randomMatrix(2, 32, 3), randomMatrix(16, 2, 4)],
  [down, randomMatrix(2, 48, 5), randomMatrix(32, 2, 6)],
];
const tensors = pairs.flatMap(([module, a, b]) => peftPair(module, a, b));

/** All values of a weight. */
async function weight(
  source: ModelSource,
  name: string,
  adapters: readonly AdapterInput[] = [],
): Promise<Float32Array> {
  const files = await openModelFiles(source, { adapters });
  try {
    const { type, shape, byteLength } = files.loaded.weights.get(name);
    const bytes = await files.loaded.weights.read(name, 0, byteLength);
    return dequantize(
      type,
      bytes,
      shape.reduce((product, extent) => product * extent, 1),
    );
  } finally {
    await files.dispose();
  }
}

/** W + factor · B·A in float64. */
function merged(base: Float32Array, a: TestMatrix, b: TestMatrix, factor: number): number[] {
  return Array.from(base, (value, index) => {
    const [row, column] = [Math.floor(index / a.columns), index % a.columns];
    let sum = 0;
    for (let rank = 0; rank < a.rows; rank++) {
      sum += b.values[row * b.columns + rank]! * a.values[rank * a.columns + column]!;
    }
    return value + factor * sum;
  });
}

/** Equal to the rounding of float32. */
function expectNear(some: ArrayLike<number>, others: ArrayLike<number>, error = 1e-6): void {
  expect(some.length).toBe(others.length);
  const worst = Math.max(...Array.from(some, (value, index) => Math.abs(value - others[index]!)));
  expect(worst).toBeLessThanOrEqual(error);
}

const tokens = [1, 260, 265, 266, 267, 268, 269, 270, 40, 41];

async function scores(source: ModelSource, adapters?: readonly AdapterInput[]): Promise<Float32Array> {
  const model = await loadModel(source, { backend: cpu(), adapters });
  try {
    const sequence = await model.createSequence();
    const rows = await sequence.evaluate(tokens, { want: "all" });
    const { vocabularySize } = model.config;
    return Float32Array.from(
      tokens.flatMap((_, row) => [...logSoftmax(rows.subarray(row * vocabularySize, (row + 1) * vocabularySize))]),
    );
  } finally {
    await model.dispose();
  }
}

/** The same adapter as llama.cpp has it: rows of queries and keys side by side where they turn together. */
async function asGguf(alpha = 8): Promise<Blob> {
  const names: Readonly<Record<string, string>> = {
    [query]: "blk.0.attn_q",
    [key]: "blk.1.attn_k",
    [down]: "blk.1.ffn_down",
  };
  const sideBySide = ({ rows, columns, values }: TestMatrix): TestMatrix => {
    const head = 8;
    const moved = Float32Array.from(values, (_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const within = row % head;
      const from = row - within + (within % 2) * (head / 2) + Math.floor(within / 2);
      return values[from * columns + column]!;
    });
    return { rows, columns, values: moved };
  };
  return ggufAdapter(
    pairs.flatMap(([module, a, b]): GgufTensorInput[] => [
      matrixTensor(`${names[module]}.weight.lora_a`, a),
      matrixTensor(`${names[module]}.weight.lora_b`, module === down ? b : sideBySide(b)),
    ]),
    alpha,
  );
}

describe("an adapter of PEFT", () => {
  it("adds alpha / r · B·A to the weights that it names, and nothing to others", async () => {
    const adapters = [{ source: peftFolder(tensors) }];
    for (const [module, a, b] of pairs) {
      const name = `${module}.weight`;
      expectNear(await weight(folder, name, adapters), merged(await weight(folder, name), a, b, 8 / 2));
    }
    const other = "model.layers.0.self_attn.k_proj.weight";
    expect(await weight(folder, other, adapters)).toEqual(await weight(folder, other));
  });

  it.each([
    ["use_rslora", { use_rslora: true }, 8 / Math.sqrt(2)],
    ["alpha_pattern by name", { alpha_pattern: { [query]: 3 } }, 3 / 2],
    ["alpha_pattern by its end", { alpha_pattern: { q_proj: 3 } }, 3 / 2],
    ["alpha_pattern by expression", { alpha_pattern: { "^model\\.layers\\.[0-9]+\\..*(q|k)_proj": 3 } }, 3 / 2],
    ["alpha_pattern of another layer", { alpha_pattern: { "layers.10.self_attn.q_proj": 3, "2.q_proj": 4 } }, 8 / 2],
    ["rank_pattern", { r: 16, rank_pattern: { "layers.*": 2 } }, 8 / 2],
    ["fan_in_fan_out, which PEFT sets aside for linear layers", { fan_in_fan_out: true }, 8 / 2],
  ])("honours %s", async (_, config, factor) => {
    const [, a, b] = pairs[0]!;
    const name = `${query}.weight`;
    const adapters = [{ source: peftFolder(tensors, config) }];
    expectNear(await weight(folder, name, adapters), merged(await weight(folder, name), a, b, factor));
  });

  it("moves rows of queries and keys for a GGUF file, which then gives the scores of the folder", async () => {
    const adapters = [{ source: peftFolder(tensors) }];
    const plain = await scores(folder);
    const adapted = await scores(folder, adapters);
    expectNear(await scores(gguf, adapters), adapted, 2e-5);
    expect(Math.max(...adapted.map((value, index) => Math.abs(value - plain[index]!)))).toBeGreaterThan(0.1);
  });

  it("comes as chosen files too, whatever lies in folders below", async () => {
    const files = [...peftFolder(tensors)].map(([name, blob]) => {
      const file = new File([blob], name);
      Object.defineProperty(file, "webkitRelativePath", { value: `adapter/${name}` });
      return file;
    });
    const below = new File(["{}"], "adapter_config.json");
    Object.defineProperty(below, "webkitRelativePath", { value: "adapter/checkpoint-1/adapter_config.json" });
    const name = `${query}.weight`;
    const chosen = [{ source: [below, ...files] }];
    expect(await weight(folder, name, chosen)).toEqual(await weight(folder, name, [{ source: peftFolder(tensors) }]));
  });
});

test("adapter_model.bin, which older releases of PEFT wrote, holds the same", async () => {
  const files = peftFolder(tensors);
  files.delete("adapter_model.safetensors");
  files.set("adapter_model.bin", new Blob([pytorchBytes(tensors)]));
  const name = `${key}.weight`;
  const expected = await weight(gguf, name, [{ source: peftFolder(tensors) }]);
  expect(await weight(gguf, name, [{ source: files }])).toEqual(expected);
});

describe("an adapter of llama.cpp", () => {
  it("gives the same as that of PEFT, on a GGUF file and on a folder", async () => {
    const adapted = await scores(folder, [{ source: peftFolder(tensors) }]);
    const adapters = [{ source: await asGguf() }];
    expectNear(await scores(gguf, adapters), adapted, 2e-5);
    expectNear(await scores(folder, adapters), adapted, 2e-5);
  });

  it("takes an alpha of 0 for none", async () => {
    const [, a, b] = pairs[2]!;
    const name = `${down}.weight`;
    expectNear(await weight(gguf, name, [{ source: await asGguf(0) }]), merged(await weight(gguf, name), a, b, 1));
  });

  it("swaps rows and columns for the embedding table, as llama.cpp does", async () => {
    const [left, right] = [randomMatrix(vocabulary, 2, 7), randomMatrix(32, 2, 8)];
    const source = await ggufAdapter(
      [matrixTensor("token_embd.weight.lora_a", left), matrixTensor("token_embd.weight.lora_b", right)],
      4,
    );
    const base = await weight(gguf, `${table}.weight`);
    const expected = merged(base, swapped(right), left, 2);
    expectNear(await weight(gguf, `${table}.weight`, [{ source }]), expected);
    // The head was the table, and the adapter does not change the head.
    expectNear(await weight(gguf, "lm_head.weight", [{ source }]), base);
  });

  it("may bring norms, which take the place of the model's", async () => {
    const norm = randomMatrix(32, 1, 9);
    const source = await ggufAdapter([matrixTensor("blk.1.attn_norm.weight", norm)], 4);
    expect(await weight(gguf, "model.layers.1.input_layernorm.weight", [{ source }])).toEqual(norm.values);
  });
});

function swapped({ rows, columns, values }: TestMatrix): TestMatrix {
  const moved = values.map((_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!);
  return { rows: columns, columns: rows, values: moved };
}

describe("several adapters, by their scales", () => {
  it("add up", async () => {
    const second = [randomMatrix(2, 32, 21), randomMatrix(32, 2, 22)] as const;
    const adapters = [
      { source: peftFolder(tensors), scale: 0.5 },
      { source: peftFolder(peftPair(query, ...second)), scale: -2 },
    ];
    const name = `${query}.weight`;
    const [, a, b] = pairs[0]!;
    const once = Float32Array.from(merged(await weight(folder, name), a, b, 2));
    expectNear(await weight(folder, name, adapters), merged(once, ...second, -8), 2e-6);
  });

  it("of which 0 changes nothing", async () => {
    expect(await scores(folder, [{ source: peftFolder(tensors), scale: 0 }])).toEqual(await scores(folder));
  });

  it("one after the other where one takes the place of a weight", async () => {
    const whole = randomMatrix(32, 48, 31);
    const saved = [matrixTensor(`base_model.model.${down}.weight`, whole)];
    const name = `${down}.weight`;
    const [, a, b] = pairs[2]!;
    const replaced = await weight(folder, name, [{ source: peftFolder(saved) }]);
    expect(replaced).toEqual(whole.values);
    const both = [{ source: peftFolder(saved) }, { source: peftFolder(tensors) }];
    expectNear(await weight(folder, name, both), merged(whole.values, a, b, 4));
    const half = await weight(folder, name, [{ source: peftFolder(saved), scale: 0.5 }]);
    const base = await weight(folder, name);
    expectNear(
      half,
      base.map((value, index) => (value + whole.values[index]!) / 2),
    );
  });
});

describe("what PEFT can do besides", () => {
  it("DoRA gives every row its length", async () => {
    const [, a, b] = pairs[0]!;
    const lengths = randomMatrix(32, 1, 41);
    const name = `${query}.weight`;
    const updated = merged(await weight(folder, name), a, b, 4);
    const expected = updated.map((value, index) => {
      const row = Math.floor(index / 32);
      return (lengths.values[row]! * value) / Math.hypot(...updated.slice(row * 32, (row + 1) * 32));
    });
    for (const end of ["", ".weight"]) {
      const magnitude = matrixTensor(`base_model.model.${query}.lora_magnitude_vector${end}`, lengths);
      const adapters = [{ source: peftFolder([...tensors, magnitude], { use_dora: true }) }];
      expectNear(await weight(folder, name, adapters), expected);
      expectNear(await scores(gguf, adapters), await scores(folder, adapters), 2e-5);
    }
  });

  it("the embedding table has its own names, and a head that was tied to it stays as it was", async () => {
    const [a, b] = [randomMatrix(2, vocabulary, 51), randomMatrix(32, 2, 52)];
    const source = peftFolder([
      matrixTensor(`base_model.model.${table}.lora_embedding_A`, a),
      matrixTensor(`base_model.model.${table}.lora_embedding_B`, b),
    ]);
    const base = await weight(folder, `${table}.weight`);
    expectNear(await weight(folder, `${table}.weight`, [{ source }]), merged(base, swapped(b), swapped(a), 4));
    expect(await weight(folder, "lm_head.weight", [{ source }])).toEqual(base);
    expectNear(await scores(gguf, [{ source }]), await scores(folder, [{ source }]), 2e-5);
  });

  it("modules_to_save take the place of the model's own", async () => {
    const [rows, norm] = [randomMatrix(vocabulary, 32, 61), randomMatrix(32, 1, 62)];
    const source = peftFolder(
      [
        ...tensors,
        matrixTensor("base_model.model.lm_head.weight", rows),
        matrixTensor("base_model.model.model.norm.modules_to_save.default.weight", norm),
        matrixTensor(`base_model.model.${table}.base_layer.weight`, rows),
      ],
      { modules_to_save: ["lm_head", "norm"] },
    );
    for (const [name, { values }] of [
      ["lm_head.weight", rows],
      ["model.norm.weight", norm],
      [`${table}.weight`, rows],
    ] as const) {
      expect(await weight(folder, name, [{ source }])).toEqual(values);
    }
  });

  it("biases take the place of the model's own, where it has them", async () => {
    const config = { ...tinyConfig, attention_bias: true };
    const tiny = await tinyWithBiases();
    const biased = new Map(folder)
      .set("config.json", jsonBlob(config))
      .set("model.safetensors", new Blob([safetensorsBytes(tiny)]));
    const bias = randomMatrix(32, 1, 71);
    const source = peftFolder([...tensors, matrixTensor(`base_model.model.${query}.base_layer.bias`, bias)]);
    expect(await weight(biased, `${query}.bias`, [{ source }])).toEqual(bias.values);
  });
});

async function tinyWithBiases(): Promise<TestTensor[]> {
  const { tinyTensors } = await import("../../testing/hugging-face-files.ts");
  const all = await tinyTensors();
  const biases = all.flatMap(({ name, shape }) => {
    const [rows] = shape as readonly [number];
    if (!/self_attn\.[qkvo]_proj/.test(name)) return [];
    return [matrixTensor(name.replace(/weight$/, "bias"), randomMatrix(rows, 1, rows))];
  });
  return [...all, ...biases];
}

describe("the types of weights that change", () => {
  /** The tiny model in other types; matrices whose rows do not divide stay as they are. */
  const inType = (type: "F16" | "BF16" | "Q8_0" | "Q4_0") =>
    tinyGguf((_, given) => {
      for (const [index, tensor] of given.entries()) {
        const { shape, data } = tensor;
        if (shape.length === 1 || shape.at(-1)! % 32 !== 0) continue;
        const bytes = data as Uint8Array<ArrayBuffer>;
        given[index] = { ...tensor, type, data: quantize(type, new Float32Array(bytes.buffer)) };
      }
    });

  it.each([
    ["F16", "F16"],
    ["BF16", "BF16"],
    ["Q8_0", "Q8_0"],
    ["Q4_0", "Q8_0"],
  ] as const)("%s becomes %s, and memory is planned for that", async (from, to) => {
    const base = await inType(from);
    const plain = await openModelFiles(base);
    const adapted = await openModelFiles(base, { adapters: [{ source: peftFolder(tensors) }] });
    const name = `${query}.weight`;
    expect(adapted.loaded.weights.get(name)).toMatchObject({ type: to, shape: [32, 32] });
    expect(plain.loaded.weights.get(name).type).toBe(from);
    const weightBytes = ({ loaded: { graph, weights } }: typeof plain) =>
      planMemory(graph, weights, { contextLength: 16 }).weightBytes;
    // Two of the three fit blocks of 32.
    const grown = to === from ? 0 : ((32 + 16) * 32 * (34 - 18)) / 32;
    expect(weightBytes(adapted) - weightBytes(plain)).toBe(grown);
    await Promise.all([plain.dispose(), adapted.dispose()]);
  });

  it("lose less of the adapter in eight bits than in four, where it would drown", async () => {
    const base = await inType("Q4_0");
    const module = "model.layers.0.mlp.up_proj";
    const name = `${module}.weight`;
    const before = await weight(base, name);
    const [a, b] = [randomMatrix(2, 32, 81, 0.02), randomMatrix(48, 2, 82)];
    const exact = Float32Array.from(merged(before, a, b, 4));
    const kept = await weight(base, name, [{ source: peftFolder(peftPair(module, a, b)) }]);
    const again = dequantize("Q4_0", quantize("Q4_0", exact), exact.length);
    // Of what the adapter adds, which part is lost?
    const lost = (values: Float32Array) =>
      norm(values.map((value, index) => value - exact[index]!)) /
      norm(exact.map((value, index) => value - before[index]!));
    expect(lost(kept)).toBeLessThan(0.1);
    expect(lost(again)).toBeGreaterThan(5 * lost(kept));
  });
});

function norm(values: Float32Array): number {
  return Math.hypot(...values);
}

test("any range of bytes is that range of the whole weight", async () => {
  const files = await openModelFiles(folder, { adapters: [{ source: peftFolder(tensors) }] });
  const { weights } = files.loaded;
  const name = `${down}.weight`;
  const { byteLength } = weights.get(name);
  const whole = await weights.read(name, 0, byteLength);
  await fc.assert(
    fc.asyncProperty(fc.nat(byteLength), fc.nat(byteLength), async (some, other) => {
      const [from, to] = [Math.min(some, other), Math.max(some, other)];
      expect(await weights.read(name, from, to - from)).toEqual(whole.slice(from, to));
    }),
  );
  await files.dispose();
});

test("reading a weight in pieces reads the base once, and the adapter once", async () => {
  const { CountingSource } = await import("../../testing/gguf-bytes.ts");
  const base = new CountingSource(new Uint8Array(await gguf.arrayBuffer()));
  const adapter = new CountingSource(new Uint8Array(await (await asGguf()).arrayBuffer()), "adapter.gguf");
  const files = await openModelFiles(base, { adapters: [{ source: adapter }] });
  const name = `${down}.weight`;
  const { weights } = files.loaded;
  const { byteLength } = weights.get(name);
  const [ofBase, ofAdapter] = [base.bytesRead, adapter.bytesRead];
  for (let offset = 0; offset < byteLength; offset += 4 * 48) await weights.read(name, offset, 4 * 48);
  expect(base.bytesRead - ofBase).toBe(byteLength);
  expect(adapter.bytesRead - ofAdapter).toBe(4 * 2 * (48 + 32));
  await files.dispose();
});

test("a model with adapters is no longer the file that it came from", async () => {
  const adapters = [{ source: peftFolder(tensors) }];
  const { loaded, dispose } = await openModelFiles(gguf, { adapters });
  expect(loaded.files).toBeUndefined();
  expect(loaded.contentKey).toBeUndefined();
  await dispose();
});

test("without adapters nothing is wrapped", async () => {
  const plain = await openModelFiles(gguf, { adapters: [] });
  const other = await openModelFiles(gguf);
  expect(plain.loaded.weights.constructor).toBe(other.loaded.weights.constructor);
  await Promise.all([plain.dispose(), other.dispose()]);
});

test("an abort ends a read of weights", async () => {
  const files = await openModelFiles(folder, { adapters: [{ source: peftFolder(tensors) }] });
  const reason = new Error("enough");
  const read = files.loaded.weights.read(`${query}.weight`, 0, 128, { signal: AbortSignal.abort(reason) });
  await expect(read).rejects.toBe(reason);
  await files.dispose();
});
