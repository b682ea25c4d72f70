import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { dequantize } from "../formats/dequantize.ts";
import { readGguf } from "../formats/gguf-reader.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { quantize } from "../formats/quantize.ts";
import { loadModel } from "../load-model.ts";
import type { AdapterInput } from "../loading/adapters/adapter.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { ggufAdapter, matrixTensor, peftFolder, peftPair, randomMatrix } from "../testing/adapter-files.ts";
import { expectError } from "../testing/expect-error.ts";
import { tinyFolder } from "../testing/hugging-face-files.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { type MergeAdaptersOptions, mergeAdapters } from "./merge-adapters.ts";

let folder: string;
let count = 0;
const newName = () => join(folder, `out-${count++}.gguf`);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-merge-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const up = "model.layers.0.mlp.up_proj";
const query = "model.layers.0.self_attn.q_proj";
const layers = peftFolder([
  ...peftPair(up, randomMatrix(2, 32, 1), randomMatrix(48, 2, 2)),
  ...peftPair(query, randomMatrix(2, 32, 3), randomMatrix(32, 2, 4)),
]);
const table = peftFolder([
  matrixTensor("base_model.model.model.embed_tokens.lora_embedding_A", randomMatrix(2, 271, 5)),
  matrixTensor("base_model.model.model.embed_tokens.lora_embedding_B", randomMatrix(32, 2, 6)),
]);
const adapters: readonly AdapterInput[] = [{ source: layers }, { source: table, scale: 0.5 }];

/** The tiny model with its matrices in Q4_0 where they fit, as files say it. */
const inFourBits = () =>
  tinyGguf((metadata, tensors) => {
    const fileType: GgufEntry = { type: "uint32", value: 2 };
    metadata.set("general.file_type", fileType).set("author", { type: "string", value: "me" });
    for (const [index, tensor] of tensors.entries()) {
      const { shape, data } = tensor;
      if (shape.length === 1 || shape.at(-1)! % 32 !== 0) continue;
      const values = new Float32Array((data as Uint8Array<ArrayBuffer>).buffer);
      tensors[index] = { ...tensor, type: "Q4_0", data: quantize("Q4_0", values) };
    }
  });

async function scores(source: ModelSource, given: readonly AdapterInput[] = []): Promise<Float32Array> {
  const model = await loadModel(source, { backend: cpu(), adapters: given });
  try {
    const sequence = await model.createSequence();
    return await sequence.evaluate([1, 260, 265, 266, 267, 40], { want: "last" });
  } finally {
    await model.dispose();
  }
}

describe("the new file", () => {
  it("runs as the model with its adapters does, whatever it came from", async () => {
    for (const source of [await tinyGguf(), await tinyFolder()]) {
      const output = newName();
      const { tensors } = await mergeAdapters(source, output, { adapters });
      // The head was the table, which only one of the two still is.
      expect(tensors.map(({ name }) => name)).toContain("output.weight");
      const [ours, expected] = [await scores(output), await scores(source, adapters)];
      const errors = ours.map((value, index) => Math.abs(value - expected[index]!));
      expect(Math.max(...errors)).toBeLessThan(2e-5);
    }
  });

  it("has in four bits what was in four bits, and what changed in eight; metadata stay", async () => {
    const source = await inFourBits();
    const output = newName();
    const steps: number[] = [];
    const report = await mergeAdapters(source, output, {
      adapters: [{ source: layers }],
      onProgress: ({ writtenBytes, totalBytes }) => steps.push(writtenBytes / totalBytes),
    });
    expect(steps.at(-1)).toBe(1);
    await using before = await readGguf(source);
    await using after = await readGguf(output);
    expect(after.size).toBe(report.size);
    expect(after.metadata.has("general.file_type")).toBe(false);
    for (const [key, entry] of before.metadata) {
      if (key !== "general.file_type") expect(after.metadata.entry(key)).toEqual(entry);
    }
    const changed = ["blk.0.ffn_up.weight", "blk.0.attn_q.weight"];
    for (const { name, type } of before.tensors.values()) {
      if (changed.includes(name)) expect([name, after.tensors.get(name)!.type]).toEqual([name, "Q8_0"]);
      else {
        expect(after.tensors.get(name)!.type).toBe(type);
        expect(await after.readTensor(name)).toEqual(await before.readTensor(name));
      }
    }
    expect(await scores(output)).toEqual(await scores(source, [{ source: layers }]));
  });

  it("says its type where none has changed", async () => {
    const source = await tinyGguf((metadata) => metadata.set("general.file_type", { type: "uint32", value: 0 }));
    const output = newName();
    await mergeAdapters(source, output, { adapters: [{ source: layers }] });
    await using file = await readGguf(output);
    expect(file.metadata.get("general.file_type")).toBe(0);
  });

  it("quantizes the sums, not sums that were rounded before", async () => {
    const source = await inFourBits();
    const output = newName();
    await mergeAdapters(source, output, { adapters: [{ source: layers }], type: "Q4_0" });
    await using decoded = await readGguf(source);
    const name = "blk.0.ffn_up.weight";
    const base = dequantize("Q4_0", await decoded.readTensor(name), 48 * 32);
    const [a, b] = [randomMatrix(2, 32, 1).values, randomMatrix(48, 2, 2).values];
    const sums = base.map((value, index) => {
      const [row, column] = [Math.floor(index / 32), index % 32];
      return value + 4 * (b[2 * row]! * a[column]! + b[2 * row + 1]! * a[32 + column]!);
    });
    await using file = await readGguf(output);
    expect(file.metadata.get("general.file_type")).toBe(2);
    expect(await file.readTensor(name)).toEqual(quantize("Q4_0", sums));
  });
});

describe("refused, with nothing left behind", () => {
  it.each<readonly [string, unknown]>([
    ["no options", null],
    ["no adapters", {}],
    ["an empty list", { adapters: [] }],
    ["no list", { adapters: "lora" }],
    ["no adapter", { adapters: [1] }],
    ["no scale", { adapters: [{ source: layers, scale: Number.NaN }] }],
    ["an unknown type", { adapters: [{ source: layers }], type: "Q3_K" }],
  ])("%s", async (_, options) => {
    const source = await tinyGguf();
    const before = await readdir(folder);
    await expectError("argument-invalid", () => mergeAdapters(source, newName(), options as MergeAdaptersOptions));
    expect(await readdir(folder)).toEqual(before);
  });

  it("an adapter of another model", async () => {
    const other = peftFolder(peftPair("model.layers.7.mlp.up_proj", randomMatrix(2, 32, 1), randomMatrix(48, 2, 2)));
    for (const source of [await tinyGguf(), await tinyFolder()]) {
      await expectError("adapter-mismatch", () => mergeAdapters(source, newName(), { adapters: [{ source: other }] }));
    }
  });

  it("an output that is the adapter", async () => {
    const path = newName();
    const pair = [
      matrixTensor("blk.0.ffn_up.weight.lora_a", randomMatrix(2, 32, 1)),
      matrixTensor("blk.0.ffn_up.weight.lora_b", randomMatrix(48, 2, 2)),
    ];
    await writeFile(path, new Uint8Array(await (await ggufAdapter(pair, 4)).arrayBuffer()));
    const base = newName();
    await writeFile(base, new Uint8Array(await (await tinyGguf()).arrayBuffer()));
    const options = { adapters: [{ source: path }], overwrite: true };
    const error = await expectError("argument-invalid", () => mergeAdapters(base, path, options));
    expect(error.field).toBe("output");
  });

  it("a run that is stopped", async () => {
    const before = await readdir(folder);
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = mergeAdapters(await tinyGguf(), newName(), {
      adapters,
      onProgress: () => controller.abort(reason),
      signal: controller.signal,
    });
    await expect(run).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual(before);
  });
});
