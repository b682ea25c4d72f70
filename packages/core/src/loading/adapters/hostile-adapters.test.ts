import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../../cpu/cpu-backend.ts";
import { BayLingError, type ErrorCode } from "../../errors.ts";
import { loadModel } from "../../load-model.ts";
import {
  ggufAdapter,
  matrixTensor,
  peftConfig,
  peftFolder,
  peftPair,
  randomMatrix,
  type TestMatrix,
} from "../../testing/adapter-files.ts";
import { expectError } from "../../testing/expect-error.ts";
import { jsonBlob, safetensorsBytes, type TestTensor, tinyFolder } from "../../testing/hugging-face-files.ts";
import { tinyGguf } from "../../testing/tiny-model.ts";
import { openModelFiles } from "../model-files.ts";
import type { AdapterInput } from "./adapter.ts";

let base: Map<string, Blob>;
let gguf: Blob;
beforeAll(async () => {
  base = await tinyFolder();
  gguf = await tinyGguf();
});

const query = "model.layers.0.self_attn.q_proj";
const name = `base_model.model.${query}`;
const a = randomMatrix(2, 32, 1);
const b = randomMatrix(32, 2, 2);
const pair = peftPair(query, a, b);
const empty: TestMatrix = { rows: 0, columns: 32, values: new Float32Array(0) };

const open = (source: unknown, scale?: unknown) =>
  openModelFiles(base, { adapters: [{ source, scale } as AdapterInput] }).then((files) => files.dispose());

describe("arguments that are none", () => {
  it.each([
    ["a number", 5],
    ["an object", {}],
    ["no objects", [null]],
    ["no source", [{ scale: 1 }]],
    ["paths without an object", ["adapter"]],
    ["NaN for a scale", [{ source: "adapter", scale: Number.NaN }]],
    ["infinity for a scale", [{ source: "adapter", scale: Infinity }]],
    ["a text for a scale", [{ source: "adapter", scale: "1" }]],
  ])("%s", async (_, adapters) => {
    await expectError("argument-invalid", () => openModelFiles(base, { adapters: adapters as AdapterInput[] }));
    await expectError("argument-invalid", () =>
      loadModel(gguf, { backend: cpu(), adapters: adapters as AdapterInput[] }),
    );
  });

  it("sources that cannot be read", async () => {
    await expectError("source-not-supported", () => open(5));
    await expectError("source-not-found", () => open("/no/such/adapter"));
  });
});

describe("settings of PEFT", () => {
  it.each<readonly [object, ErrorCode, string]>([
    [{ peft_type: undefined }, "adapter-invalid", "peft_type"],
    [{ peft_type: "IA3" }, "adapter-not-supported", "peft_type"],
    [{ r: 0 }, "adapter-invalid", "r"],
    [{ r: 1e9 }, "adapter-invalid", "r"],
    [{ r: "2" }, "adapter-invalid", "r"],
    [{ r: undefined }, "adapter-invalid", "r"],
    [{ lora_alpha: "8" }, "adapter-invalid", "lora_alpha"],
    [{ use_rslora: 1 }, "adapter-invalid", "use_rslora"],
    [{ rank_pattern: { [query]: 0 } }, "adapter-invalid", `rank_pattern.${query}`],
    [{ rank_pattern: { [query]: 3 } }, "adapter-invalid", "r"],
    [{ rank_pattern: [2] }, "adapter-invalid", "rank_pattern"],
    [{ alpha_pattern: { [query]: "8" } }, "adapter-invalid", `alpha_pattern.${query}`],
    [{ alpha_pattern: "8" }, "adapter-invalid", "alpha_pattern"],
    [{ alpha_pattern: { "(a+)+b": 8 } }, "adapter-not-supported", "alpha_pattern.(a+)+b"],
    [{ alpha_pattern: { ".*.*.*.*q": 8 } }, "adapter-not-supported", "alpha_pattern..*.*.*.*q"],
    [{ alpha_pattern: { "[": 8 } }, "adapter-not-supported", "alpha_pattern.["],
    [{ init_lora_weights: "pissa" }, "adapter-not-supported", "init_lora_weights"],
    [{ init_lora_weights: "loftq" }, "adapter-not-supported", "init_lora_weights"],
    [{ layer_replication: [[0, 1]] }, "adapter-not-supported", "layer_replication"],
    [{ lora_bias: true }, "adapter-not-supported", "lora_bias"],
    [{ trainable_token_indices: [1] }, "adapter-not-supported", "trainable_token_indices"],
  ])("%j", async (config, code, field) => {
    const error = await expectError(code, () => open(peftFolder(pair, config as Record<string, unknown>)));
    expect(error.field).toBe(field);
  });

  it("of the size of a model", async () => {
    const files = peftFolder(pair).set("adapter_config.json", new Blob([new Uint8Array(5 * 1024 * 1024)]));
    await expectError("adapter-invalid", () => open(files));
  });

  it("that are no JSON", async () => {
    await expectError("adapter-invalid", () => open(peftFolder(pair).set("adapter_config.json", new Blob(["{"]))));
    await expectError("adapter-invalid", () => open(peftFolder(pair).set("adapter_config.json", jsonBlob([]))));
  });
});

describe("tensors that do not fit", () => {
  it.each<readonly [string, readonly TestTensor[], ErrorCode, string | undefined]>([
    ["none", [], "adapter-invalid", undefined],
    ["one of a pair", pair.slice(0, 1), "adapter-invalid", `${name}.lora_A.weight`],
    ["of a layer that is not there", peftPair("model.layers.2.self_attn.q_proj", a, b), "adapter-mismatch", undefined],
    ["of another kind of model", peftPair("transformer.h.0.attn.c_attn", a, b), "adapter-mismatch", undefined],
    ["of a prototype", peftPair("__proto__", a, b), "adapter-mismatch", undefined],
    ["too wide", peftPair(query, randomMatrix(2, 64, 1), b), "adapter-mismatch", `${name}.lora_A.weight`],
    ["too tall", peftPair(query, a, randomMatrix(64, 2, 1)), "adapter-mismatch", `${name}.lora_B.weight`],
    ["that do not chain", peftPair(query, a, randomMatrix(32, 3, 1)), "adapter-mismatch", `${name}.lora_B.weight`],
    [
      "of rank 0",
      peftPair(query, empty, { ...empty, rows: 32, columns: 0 }),
      "adapter-invalid",
      `${name}.lora_A.weight`,
    ],
    ["a pair of a norm", peftPair("model.norm", a, b), "adapter-mismatch", "base_model.model.model.norm.lora_A.weight"],
    [
      "a bias that the graph has no place for",
      [matrixTensor(`${name}.bias`, randomMatrix(32, 1, 1))],
      "adapter-mismatch",
      `${name}.bias`,
    ],
    [
      "a bias of the update",
      [...pair, matrixTensor(`${name}.lora_B.bias`, randomMatrix(32, 1, 1))],
      "adapter-mismatch",
      `${name}.lora_B.bias`,
    ],
    [
      "twice",
      [...pair, ...pair.map((tensor) => ({ ...tensor, name: tensor.name.replace(".weight", ".default.weight") }))],
      "adapter-invalid",
      `${name}.lora_A.default.weight`,
    ],
    [
      "lengths without an update",
      [matrixTensor(`${name}.lora_magnitude_vector`, randomMatrix(32, 1, 1))],
      "adapter-not-supported",
      `${name}.lora_magnitude_vector`,
    ],
    [
      "a table with more tokens",
      [matrixTensor("base_model.model.lm_head.weight", randomMatrix(272, 32, 1))],
      "adapter-mismatch",
      "base_model.model.lm_head.weight",
    ],
    [
      "of whole numbers",
      pair.map((tensor) => ({ ...tensor, type: "I32" })),
      "tensor-type-not-supported",
      `${name}.lora_A.weight`,
    ],
  ])("%s", async (_, tensors, code, field) => {
    const error = await expectError(code, () => open(peftFolder(tensors)));
    if (field !== undefined) expect(error.field).toBe(field);
  });

  it("are found before anything reaches the backend", async () => {
    let loads = 0;
    const backend = {
      ...cpu(),
      doLoad: () => {
        loads++;
        throw new Error("loaded");
      },
    };
    const source = peftFolder(peftPair(query, a, randomMatrix(64, 2, 1)));
    await expectError("adapter-mismatch", () => loadModel(gguf, { backend, adapters: [{ source }] }));
    expect(loads).toBe(0);
  });

  it("are numbers, or the weight is named", async () => {
    const damaged = { ...a, values: a.values.map((value, index) => (index === 40 ? Number.NaN : value)) };
    const source = peftFolder(peftPair(query, damaged, b));
    const error = await expectError("tensor-value-invalid", () =>
      loadModel(gguf, { backend: cpu(), adapters: [{ source }] }),
    );
    expect(error.field).toBe(`${query}.weight[8]`);
  });
});

describe("adapters of llama.cpp", () => {
  const tensors = [matrixTensor("blk.0.attn_q.weight.lora_a", a), matrixTensor("blk.0.attn_q.weight.lora_b", b)];
  it.each<readonly [string, string, unknown, ErrorCode]>([
    ["a model", "general.type", "model", "adapter-not-supported"],
    ["another kind", "adapter.type", "control", "adapter-not-supported"],
    ["another architecture", "general.architecture", "qwen2", "adapter-mismatch"],
    ["an architecture that nobody knows", "general.architecture", "constructor", "adapter-mismatch"],
    ["tokens that switch it on", "adapter.alora.invocation_tokens", "1", "adapter-not-supported"],
    ["no number for alpha", "adapter.lora.alpha", "8", "gguf-invalid"],
  ])("%s", async (_, key, value, code) => {
    const source = await ggufAdapter(tensors, 8, (metadata) => {
      metadata.set(key, { type: "string", value: value as string });
    });
    const error = await expectError(code, () => open(source));
    expect(error.field).toBe(key);
  });

  it("NaN for alpha", async () => {
    await expectError("adapter-invalid", async () => open(await ggufAdapter(tensors, Number.NaN)));
  });

  it("a model in place of an adapter", async () => {
    await expectError("adapter-not-supported", () => open(gguf));
  });

  it("an unknown ending", async () => {
    const [first] = tensors as [TestTensor];
    const source = await ggufAdapter([{ ...first, name: "blk.0.attn_q.weight.lora_c" }], 8);
    await expectError("adapter-mismatch", () => open(source));
  });
});

describe("files that are missing or spoilt", () => {
  it("either of the two", async () => {
    for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
      const files = peftFolder(pair);
      files.delete(file);
      const error = await expectError("source-not-found", () => open(files));
      expect(error.message).toContain(file);
    }
  });

  it("whatever bytes change or end, an error of ours or a model comes out", async () => {
    const parts = peftFolder(pair);
    const config = new TextEncoder().encode(JSON.stringify(peftConfig));
    const weights = safetensorsBytes(pair);
    const adapter = new Uint8Array(
      await (
        await ggufAdapter(
          [matrixTensor("blk.0.attn_q.weight.lora_a", a), matrixTensor("blk.0.attn_q.weight.lora_b", b)],
          8,
        )
      ).arrayBuffer(),
    );
    const spoilt = (bytes: Uint8Array) =>
      fc
        .tuple(
          fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
          fc.oneof(fc.constant(bytes.length), fc.nat(bytes.length)),
        )
        .map(([changes, length]) => {
          const result = Uint8Array.from(bytes);
          for (const [at, value] of changes) result[at] = value;
          return new Blob([result.subarray(0, length)]);
        });
    const outcome = async (source: AdapterInput["source"]) => {
      try {
        const files = await openModelFiles(base, { adapters: [{ source }] });
        try {
          await files.loaded.weights.read(`${query}.weight`, 0, 4096);
        } finally {
          await files.dispose();
        }
      } catch (error) {
        if (!BayLingError.isInstance(error)) throw error;
      }
    };
    await fc.assert(
      fc.asyncProperty(spoilt(config), spoilt(weights), spoilt(adapter), async (first, second, third) => {
        await outcome(new Map(parts).set("adapter_config.json", first));
        await outcome(new Map(parts).set("adapter_model.safetensors", second));
        await outcome(third);
      }),
      { numRuns: 150 },
    );
  });
});
