import { describe, expect, test } from "vitest";
import { readGguf } from "../formats/gguf-reader.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { chooseTensorTypes, type RecipeModel, type RecipeTensor } from "./quantization-recipe.ts";

function llama(layers: number, { tied = false, columns = 256 } = {}): RecipeTensor[] {
  const matrix = (name: string): RecipeTensor => ({ name, shape: [512, columns] });
  const parts = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
  const blocks = Array.from({ length: layers }, (_, layer) => [
    { name: `blk.${layer}.attn_norm.weight`, shape: [columns] },
    ...parts.map((part) => matrix(`blk.${layer}.${part}.weight`)),
  ]);
  return [matrix("token_embd.weight"), ...(tied ? [] : [matrix("output.weight")]), ...blocks.flat()];
}

const plain = { experts: 0, sharedKeyValueHeads: false };

function typesOf(tensors: readonly RecipeTensor[], facts: Omit<RecipeModel, "tensors"> = plain): Map<string, string> {
  const choose = chooseTensorTypes("Q4_K_M", { tensors, ...facts });
  return new Map(tensors.map((tensor) => [tensor.name, choose(tensor)?.type ?? "kept"]));
}

function layersOf(types: ReadonlyMap<string, string>, part: string, type: string): number[] {
  const name = new RegExp(`^blk\\.(\\d+)\\.${part}\\.weight$`);
  return [...types].flatMap(([key, each]) => (each === type && name.test(key) ? Number(name.exec(key)![1]) : []));
}

describe("Q4_K_M", () => {
  test("32 layers: the layers that files of llama.cpp have in Q6_K", () => {
    const types = typesOf(llama(32));
    // As in the published Q4_K_M files of LLaMA 7B and Llama 3 8B.
    const more = [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31];
    for (const part of ["attn_v", "ffn_down"]) {
      expect(layersOf(types, part, "Q6_K")).toEqual(more);
      expect(layersOf(types, part, "Q4_K").length).toBe(16);
    }
    for (const part of ["attn_q", "attn_k", "attn_output", "ffn_gate", "ffn_up"]) {
      expect(layersOf(types, part, "Q4_K").length).toBe(32);
    }
    expect(layersOf(types, "attn_norm", "kept").length).toBe(32);
    expect([types.get("output.weight"), types.get("token_embd.weight")]).toEqual(["Q6_K", "Q4_K"]);
  });

  test("the order of the tensors in the file does not matter", () => {
    const tensors = llama(12);
    expect(Object.fromEntries(typesOf(tensors.toReversed()))).toEqual(Object.fromEntries(typesOf(tensors)));
  });

  test("embeddings that are the output, too, are stored as the output", () => {
    expect(typesOf(llama(2, { tied: true })).get("token_embd.weight")).toBe("Q6_K");
  });

  test("a 70B model has its few values in more bits", () => {
    const shared = typesOf(llama(80), { ...plain, sharedKeyValueHeads: true });
    expect(layersOf(shared, "attn_v", "Q4_K")).toEqual([]);
    expect(layersOf(shared, "attn_v", "Q5_K").length).toBe(40);
    expect(layersOf(typesOf(llama(80)), "attn_v", "Q4_K").length).toBe(40);
  });

  test("eight experts: the attention is small beside them", () => {
    const tensors = [...llama(1), { name: "blk.0.ffn_gate_inp.weight", shape: [8, 256] }];
    const types = typesOf(tensors, { ...plain, experts: 8 });
    expect(types.get("blk.0.attn_v.weight")).toBe("Q8_0");
    expect(types.get("blk.0.attn_k.weight")).toBe("Q8_0");
    expect(types.get("blk.0.attn_output.weight")).toBe("Q5_K");
    expect(types.get("blk.0.ffn_gate_inp.weight")).toBe("kept");
  });
});

describe("rows that blocks do not divide", () => {
  const [tensor] = llama(1, { columns: 96 }) as [RecipeTensor];
  const [odd] = llama(1, { columns: 100 }) as [RecipeTensor];
  const tensors = llama(1, { columns: 96 });
  test.each([
    ["Q4_K_M", tensor, { type: "Q5_0", wanted: "Q4_K" }],
    ["Q4_K_M", odd, { type: "F16", wanted: "Q4_K" }],
    ["Q6_K", tensor, { type: "Q8_0", wanted: "Q6_K" }],
    ["Q6_K", odd, { type: "F16", wanted: "Q6_K" }],
    ["Q8_0", odd, { type: "F16", wanted: "Q8_0" }],
    ["Q4_0", odd, { type: "F16", wanted: "Q4_0" }],
    ["Q4_0", tensor, { type: "Q4_0" }],
    ["BF16", odd, { type: "BF16" }],
  ] as const)("%s", (recipe, given, expected) => {
    expect(chooseTensorTypes(recipe, { tensors, ...plain })(given)).toEqual(expected);
  });
});

test.each([
  ["output_norm.weight", [256]],
  ["blk.0.attn_q.bias", [256]],
  ["rope_freqs.weight", [64]],
  ["blk.0.attn_norm.weight", [1, 256]],
  ["blk.0.attn_q_norm.weight", [4, 256]],
  ["position_embd.weight", [512, 256]],
  ["blk.0.attn_q.weight.lora_a", [8, 256]],
  ["scalar.weight", [1]],
])("%s stays as it is", (name, shape) => {
  const choose = chooseTensorTypes("Q8_0", { tensors: [], ...plain });
  expect(choose({ name, shape })).toBeUndefined();
});

test("tensors of three dimensions are matrices, too", () => {
  const choose = chooseTensorTypes("Q8_0", { tensors: [], ...plain });
  expect(choose({ name: "blk.0.ffn_up_exps.weight", shape: [8, 512, 256] })).toEqual({ type: "Q8_0" });
});

const fixture = sharedFixture("fixtures/quantized/q4_k_m.gguf");
test.skipIf(fixture === undefined)("a file of llama.cpp has the same types", async () => {
  await using file = await readGguf(fixture!);
  const tensors = [...file.tensors.values()];
  const choose = chooseTensorTypes("Q4_K_M", { tensors, ...plain });
  for (const tensor of tensors) expect(choose(tensor)?.type ?? "F32", tensor.name).toBe(tensor.type);
});
