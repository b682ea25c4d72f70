import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { dequantize } from "../formats/dequantize.ts";
import { quantize } from "../formats/quantize.ts";
import { readSafetensors } from "../formats/safetensors-reader.ts";
import { loadModel } from "../load-model.ts";
import { readShards } from "../loading/checkpoint-shards.ts";
import { sourceFolder } from "../sources/source-folder.ts";
import { matrixTensor, randomMatrix } from "../testing/adapter-files.ts";
import { expectError } from "../testing/expect-error.ts";
import {
  jsonBlob,
  safetensorsBytes,
  type TestTensor,
  tinyConfig,
  tinyFolder,
  tinyTensors,
} from "../testing/hugging-face-files.ts";
import { pytorchBytes } from "../testing/pytorch-files.ts";
import { applyDelta, makeDelta } from "./delta-weights.ts";

let folder: string;
let count = 0;
const newName = () => join(folder, `out-${count++}`);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-delta-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every finite half from the least to the greatest, by the definition of IEEE 754. */
const halves = Array.from({ length: 0x7c00 }, (_, bits) => {
  const [exponent, fraction] = [bits >> 10, bits & 1023];
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** The half that is nearest to a number, of two equally near ones the even one: found by looking. */
function nearestHalf(value: number): number {
  const size = Math.abs(value);
  let [low, high] = [0, halves.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (halves[middle]! <= size) low = middle;
    else high = middle;
  }
  const [below, above] = [size - halves[low]!, halves[high]! - size];
  const nearest = below < above || (below === above && low % 2 === 0) ? low : high;
  return Math.sign(value) * halves[nearest]!;
}

type Floats = "F32" | "F16" | "BF16";

const tensorOf = (name: string, type: Floats, shape: readonly number[], values: Float32Array): TestTensor => ({
  name,
  type,
  shape,
  data: quantize(type, values),
});

const valuesOf = ({ type, data }: TestTensor) =>
  dequantize(type as Floats, data, data.length / (type === "F32" ? 4 : 2));

const folderOf = (tensors: readonly TestTensor[], config: object = {}) =>
  new Map([
    ["config.json", jsonBlob(config)],
    ["model.safetensors", new Blob([safetensorsBytes(tensors)])],
  ]);

/** All tensors of a written folder. */
async function valuesIn(path: string): Promise<Map<string, Float32Array>> {
  await using file = await readShards(sourceFolder(path), {});
  const values = new Map<string, Float32Array>();
  for (const { name, type, byteLength } of file.tensors.values()) {
    expect(type).toBe("F16");
    values.set(name, dequantize("F16", await file.readTensor(name), byteLength / 2));
  }
  return values;
}

const type = fc.constantFrom<Floats[]>("F32", "F16", "BF16");
const numbers = (length: number, most: number) =>
  fc.array(fc.float({ min: Math.fround(-most), max: Math.fround(most), noNaN: true }), {
    minLength: length,
    maxLength: length,
  });

describe("adding and taking away", () => {
  it("rounds as half precision does, whatever floats the sources are", async () => {
    await fc.assert(
      fc.asyncProperty(type, type, numbers(12, 100), numbers(12, 100), async (one, other, some, more) => {
        const base = tensorOf("w", one, [3, 4], Float32Array.from(some));
        const delta = tensorOf("w", other, [3, 4], Float32Array.from(more));
        const output = newName();
        await applyDelta(folderOf([base]), folderOf([delta]), output);
        const [given, added] = [valuesOf(base), valuesOf(delta)];
        const expected = given.map((value, index) => nearestHalf(nearestHalf(value) + nearestHalf(added[index]!)));
        expect((await valuesIn(output)).get("w")!.map((value) => value + 0)).toEqual(
          expected.map((value) => value + 0),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("applying what was made gives the target, within the rounding of halves", async () => {
    await fc.assert(
      fc.asyncProperty(type, type, numbers(16, 50), numbers(16, 50), async (one, other, some, more) => {
        const base = tensorOf("w", one, [4, 4], Float32Array.from(some));
        const target = tensorOf("w", other, [4, 4], Float32Array.from(more));
        const [delta, output] = [newName(), newName()];
        await makeDelta(folderOf([base]), folderOf([target]), delta);
        await applyDelta(folderOf([base]), delta, output);
        const result = (await valuesIn(output)).get("w")!;
        const [bases, targets] = [valuesOf(base), valuesOf(target)];
        for (const [index, value] of result.entries()) {
          const [b, t] = [nearestHalf(bases[index]!), nearestHalf(targets[index]!)];
          // One rounding of the difference and one of the sum, each of half a unit in the last place.
          const bound = (Math.abs(t - b) + Math.abs(t)) * 2 ** -11 * 1.001 + 2 ** -24;
          expect(Math.abs(value - t)).toBeLessThanOrEqual(bound);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("and the target itself, bit for bit, where training has changed weights by less than half", async () => {
    const base = await tinyTensors();
    const target = base.map((tensor, index) => {
      const factors = randomMatrix(tensor.data.length / 4, 1, index, 0.4).values;
      const values = valuesOf(tensor).map((value, at) => nearestHalf(nearestHalf(value) * (1 + factors[at]!)));
      return tensorOf(tensor.name, "F16", tensor.shape, values);
    });
    const halfBase = base.map((tensor) => tensorOf(tensor.name, "F16", tensor.shape, valuesOf(tensor)));
    const [delta, output] = [newName(), newName()];
    await makeDelta(folderOf(halfBase), folderOf(target), delta);
    await applyDelta(folderOf(halfBase), delta, output);
    const result = await valuesIn(output);
    expect([...result.keys()].sort()).toEqual(target.map(({ name }) => name).sort());
    for (const tensor of target) expect(result.get(tensor.name)).toEqual(valuesOf(tensor));
  });
});

it("takes delta weights in PyTorch's format, as BayLing's were published", async () => {
  const base = await tinyTensors();
  const [from, other] = [newName(), newName()];
  await applyDelta(folderOf(base), folderOf(base), from);
  const published = new Map([
    ["config.json", jsonBlob({})],
    ["pytorch_model.bin", new Blob([pytorchBytes(base)])],
  ]);
  await applyDelta(folderOf(base), published, other);
  expect(await valuesIn(other)).toEqual(await valuesIn(from));
});

describe("the new folder", () => {
  it("is a model, in shards of the size that was asked for, and says so in half precision", async () => {
    const base = await tinyFolder();
    const [delta, output] = [newName(), newName()];
    await makeDelta(base, new Map(base).set("README.md", new Blob(["no"])), delta);
    expect((await readdir(delta)).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.model"]);
    const steps: number[] = [];
    const result = await applyDelta(base, pathToFileURL(delta), pathToFileURL(output), {
      maxShardBytes: 20_000,
      onProgress: ({ writtenBytes, totalBytes }) => steps.push(writtenBytes / totalBytes),
    });
    const names = await readdir(output);
    expect(names).toContain("model.safetensors.index.json");
    expect(result.shards.length).toBeGreaterThan(2);
    expect(result.shards[0]).toBe(`model-00001-of-0000${result.shards.length}.safetensors`);
    expect(names.filter((name) => name.startsWith("model-")).sort()).toEqual(result.shards);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(output, name))).size));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(result.size);
    for (const name of result.shards) {
      await using shard = await readSafetensors(join(output, name));
      const bytes = [...shard.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(bytes).toBeLessThanOrEqual(20_000);
      expect(shard.metadata.get("format")).toBe("pt");
    }
    const index = JSON.parse(await readFile(join(output, "model.safetensors.index.json"), "utf8"));
    expect(index.metadata.total_size).toBe(result.tensors > 0 ? sum(await valuesIn(output)) * 2 : 0);
    expect(JSON.parse(await readFile(join(output, "config.json"), "utf8"))).toEqual({
      ...tinyConfig,
      torch_dtype: "float16",
    });
    expect(steps.at(-1)).toBe(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    const texts = await Promise.all(
      [base, output].map(async (source) => {
        const model = await loadModel(source, { backend: cpu() });
        const text = await model.generate("the cat", { maxTokens: 8, ignoreEnd: true }).text();
        await model.dispose();
        return text;
      }),
    );
    expect(texts[1]).toBe(texts[0]);
  });

  it("has the tokenizer of the base where the other has none", async () => {
    const base = await tinyFolder();
    const bare = new Map(base);
    bare.delete("tokenizer.model");
    const output = newName();
    await applyDelta(base, bare, output);
    expect(await readFile(join(output, "tokenizer.model"))).toEqual(
      Buffer.from(await base.get("tokenizer.model")!.arrayBuffer()),
    );
  });

  it("keeps the rows of new tokens as they are", async () => {
    const small = tensorOf("model.embed_tokens.weight", "F16", [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
    const large = tensorOf("model.embed_tokens.weight", "F16", [4, 2], Float32Array.of(1, 1, 1, 1, 1, 1, 7, 8));
    const [output, back] = [newName(), newName()];
    expect(await applyDelta(folderOf([small]), folderOf([large]), output)).toMatchObject({ addedRows: 1 });
    expect([...(await valuesIn(output)).get("model.embed_tokens.weight")!]).toEqual([2, 3, 4, 5, 6, 7, 7, 8]);
    expect(await makeDelta(folderOf([small]), output, back)).toMatchObject({ addedRows: 1 });
    expect([...(await valuesIn(back)).get("model.embed_tokens.weight")!]).toEqual([1, 1, 1, 1, 1, 1, 7, 8]);
  });

  it("leaves out frequencies of RoPE, whichever side has them", async () => {
    const weight = tensorOf("w", "F16", [2], Float32Array.of(1, 2));
    const frequencies = tensorOf("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", [2], Float32Array.of(1, 0.5));
    for (const [base, delta] of [
      [[weight], [weight, frequencies]],
      [[weight, frequencies], [weight]],
    ] as const) {
      const output = newName();
      await applyDelta(folderOf(base), folderOf(delta), output);
      expect([...(await valuesIn(output)).keys()]).toEqual(["w"]);
    }
  });
});

describe("refused, with nothing left behind", () => {
  const one = tensorOf("w", "F16", [2, 2], Float32Array.of(1, 2, 3, 4));
  const cases: readonly (readonly [
    string,
    string,
    readonly TestTensor[],
    readonly TestTensor[],
    string | undefined,
  ])[] = [
    ["a tensor that the base does not have", "tensor-not-found", [one], [one, { ...one, name: "v" }], "v"],
    ["a tensor that the delta does not have", "tensor-not-found", [one, { ...one, name: "v" }], [one], "v"],
    ["another shape", "model-shape-mismatch", [one], [{ ...one, shape: [4] }], "w"],
    [
      "fewer tokens than the base",
      "model-shape-mismatch",
      [{ ...one, name: "lm_head.weight" }],
      [tensorOf("lm_head.weight", "F16", [1, 2], Float32Array.of(1, 2))],
      "lm_head.weight",
    ],
    [
      "whole numbers",
      "tensor-type-not-supported",
      [one],
      [{ ...matrixTensor("w", randomMatrix(2, 2, 1)), type: "I32" }],
      "w",
    ],
    [
      "a sum that halves cannot hold",
      "tensor-value-invalid",
      [tensorOf("w", "F16", [2, 2], Float32Array.of(1, 60_000, 3, 4))],
      [tensorOf("w", "F16", [2, 2], Float32Array.of(1, 60_000, 3, 4))],
      "w[1]",
    ],
    [
      "a value that halves cannot hold",
      "tensor-value-invalid",
      [one],
      [tensorOf("w", "F32", [2, 2], Float32Array.of(1, 70_000, 3, 4))],
      "w[1]",
    ],
  ];
  it.each(cases)("%s", async (_, code, base, delta, field) => {
    const before = await readdir(folder);
    const error = await expectError(code as "tensor-not-found", () =>
      applyDelta(folderOf(base), folderOf(delta), newName()),
    );
    expect(error.field).toBe(field);
    expect(await readdir(folder)).toEqual(before);
  });

  it("a name that is taken, and an empty folder is not", async () => {
    const output = newName();
    await applyDelta(folderOf([one]), folderOf([one]), output);
    await expectError("sink-exists", () => applyDelta(folderOf([one]), folderOf([one]), output));
    const file = newName();
    await writeFile(file, "");
    await expectError("sink-exists", () => applyDelta(folderOf([one]), folderOf([one]), file));
    const empty = await mkdtemp(join(folder, "empty-"));
    await applyDelta(folderOf([one]), folderOf([one]), empty);
    expect([...(await valuesIn(empty)).get("w")!]).toEqual([2, 4, 6, 8]);
  });

  it("what is no folder, no output, no option", async () => {
    const good = folderOf([one]);
    const file = new Blob(["x"]);
    expect((await expectError("argument-invalid", () => applyDelta(file, good, newName()))).field).toBe("base");
    expect((await expectError("argument-invalid", () => applyDelta(good, file, newName()))).field).toBe("delta");
    expect((await expectError("argument-invalid", () => makeDelta(good, file, newName()))).field).toBe("target");
    for (const output of ["", new URL("https://a.example/"), 5, new WritableStream()]) {
      await expectError("argument-invalid", () => applyDelta(good, good, output as string));
    }
    for (const options of [null, { maxShardBytes: 0 }, { maxShardBytes: "5GB" }, { onProgress: 1 }, { signal: 1 }]) {
      await expectError("argument-invalid", () => applyDelta(good, good, newName(), options as object));
    }
    await expectError("sink-unwritable", () => applyDelta(good, good, join(folder, "no", "such", "folder")));
    await expectError("source-not-found", () => applyDelta(good, new Map([["config.json", jsonBlob({})]]), newName()));
    const noConfig = new Map(good);
    noConfig.delete("config.json");
    await expectError("source-not-found", () => applyDelta(good, noConfig, newName()));
  });

  it("a run that is stopped", async () => {
    const before = await readdir(folder);
    const controller = new AbortController();
    const base = await tinyFolder();
    const reason = new Error("enough");
    const run = applyDelta(base, base, newName(), {
      onProgress: () => controller.abort(reason),
      signal: controller.signal,
    });
    await expect(run).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual(before);
  });
});

function sum(tensors: ReadonlyMap<string, Float32Array>): number {
  return [...tensors.values()].reduce((total, { length }) => total + length, 0);
}
