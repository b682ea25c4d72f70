import { access, link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { dequantize } from "../formats/dequantize.ts";
import { readGguf } from "../formats/gguf-reader.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { type GgufTensorInput, writeGguf } from "../formats/gguf-writer.ts";
import { quantize } from "../formats/quantize.ts";
import { rowBytes, tensorTypeNames, tensorTypes } from "../formats/tensor-types.ts";
import { expectError } from "../testing/expect-error.ts";
import { ggufBytes } from "../testing/gguf-bytes.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import type { QuantizeProgress } from "./model-writer.ts";
import { quantizationRecipes } from "./quantization-recipe.ts";
import { type QuantizeGgufOptions, quantizeGguf } from "./quantize-gguf.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-quantize-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const metadata = new Map<string, GgufEntry>([
  ["general.architecture", { type: "string", value: "llama" }],
  ["general.file_type", { type: "uint32", value: 1 }],
  ["general.alignment", { type: "uint32", value: 64 }],
  ["llama.block_count", { type: "uint32", value: 1 }],
]);

/** Numbers between −1 and 1 that repeat late. */
const number = (index: number) => Math.sin(index * 12.9898) * (1 - (index % 7) / 10);

function tensor(
  name: string,
  shape: readonly number[],
  type: "F32" | "F16" | "BF16" | "Q8_0" = "F32",
): GgufTensorInput {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return {
    name,
    type,
    shape,
    data: quantize(
      type,
      Float32Array.from({ length }, (_, index) => number(index)),
    ),
  };
}

// Rows of 256 in more elements than are in memory at once, rows of 96, a vector, and what nobody decodes.
const tensors: readonly GgufTensorInput[] = [
  tensor("output_norm.weight", [256], "F16"),
  tensor("token_embd.weight", [1100, 256], "BF16"),
  tensor("blk.0.ffn_down.weight", [4, 256], "Q8_0"),
  tensor("blk.0.ffn_up.weight", [3, 96]),
  tensor("blk.0.attn_q.weight", [2, 256]),
  { name: "extra", type: "I8", shape: [3], data: Uint8Array.of(1, 2, 3) },
];

let source: string;
let count = 0;
/** A name of its own for the output of every test. */
let output: string;
beforeAll(async () => {
  source = join(folder, "source.gguf");
  await writeGguf(source, { metadata, tensors });
});
beforeEach(() => {
  output = join(folder, `out-${count++}.gguf`);
});

async function leftBehind(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".partial"));
}

test("matrices are quantized from any type, the rest stays as it is, and metadata says so", async () => {
  const result = await quantizeGguf(source, output, { type: "Q4_K_M" });
  await using file = await readGguf(output);
  await using before = await readGguf(source);
  expect(result.sourceSize).toBe(before.size);
  expect(result.size).toBe(file.size);
  expect(result.tensors.map(({ name, from, to, wanted }) => [name, from, to, wanted])).toEqual([
    ["output_norm.weight", "F16", "F16", undefined],
    ["token_embd.weight", "BF16", "Q6_K", undefined],
    ["blk.0.ffn_down.weight", "Q8_0", "Q6_K", undefined],
    ["blk.0.ffn_up.weight", "F32", "Q5_0", "Q4_K"],
    ["blk.0.attn_q.weight", "F32", "Q4_K", undefined],
    ["extra", "I8", "I8", undefined],
  ]);
  expect([...file.metadata].map(([key, { value }]) => [key, value])).toEqual([
    ["general.architecture", "llama"],
    ["general.alignment", 64],
    ["llama.block_count", 1],
    ["general.quantization_version", 2],
    ["general.file_type", 15],
  ]);
  for (const { name, to } of result.tensors) {
    const { type, shape } = before.tensors.get(name)!;
    expect(file.tensors.get(name)).toMatchObject({ type: to, shape });
    const bytes = await before.readTensor(name);
    const length = shape.reduce((product, extent) => product * extent, 1);
    const expected = type === to ? bytes : quantize(to as "Q4_K", dequantize(type as "F32", bytes, length));
    expect(Buffer.compare(await file.readTensor(name), expected), name).toBe(0);
  }
});

test("what is quantized comes back as floats", async () => {
  await quantizeGguf(source, output, { type: "Q8_0" });
  const floats = `${output}.f32`;
  const { tensors: written } = await quantizeGguf(output, floats, { type: "F32" });
  expect(written.map(({ to }) => to)).toEqual(["F16", "F32", "F32", "F32", "F32", "I8"]);
  await using file = await readGguf(floats);
  await using quantized = await readGguf(output);
  expect(file.metadata.number("general.file_type")).toBe(0);
  const expected = dequantize("Q8_0", await quantized.readTensor("token_embd.weight"), 1100 * 256);
  expect(dequantize("F32", await file.readTensor("token_embd.weight"), 1100 * 256)).toEqual(expected);
});

test("a split model becomes one file", async () => {
  const parts = [tensors.slice(0, 2), tensors.slice(2)];
  const split = (index: number) => join(folder, `split-0000${index + 1}-of-00002.gguf`);
  for (const [index, part] of parts.entries()) {
    const own = new Map<string, GgufEntry>([
      ...(index === 0 ? metadata : []),
      ["split.no", { type: "uint16", value: index }],
      ["split.count", { type: "uint16", value: 2 }],
      ["split.tensors.count", { type: "int32", value: tensors.length }],
    ]);
    await writeGguf(split(index), { metadata: own, tensors: part });
  }
  await quantizeGguf(split(0), output, { type: "Q8_0" });
  const whole = `${output}.whole`;
  await quantizeGguf(source, whole, { type: "Q8_0" });
  // Byte for byte the file that the whole model gives.
  expect(Buffer.compare(await readFile(output), await readFile(whole))).toBe(0);
  // The second part is no output either.
  await expectError("argument-invalid", () => quantizeGguf(split(0), split(1), { type: "Q8_0", overwrite: true }));
});

test("from a Blob to a stream, where there are no files", async () => {
  const blob = new Blob([await ggufBytes(metadata, tensors)]);
  const written: Uint8Array<ArrayBuffer>[] = [];
  const stream = new WritableStream<Uint8Array>({ write: (piece) => void written.push(piece.slice()) });
  const { size } = await quantizeGguf(blob, stream, { type: "Q4_0" });
  await quantizeGguf(source, output, { type: "Q4_0" });
  const bytes = new Uint8Array(await new Blob(written).arrayBuffer());
  expect(bytes.length).toBe(size);
  expect(Buffer.compare(bytes, await readFile(output))).toBe(0);
});

test("progress goes from nothing to everything", async () => {
  const seen: QuantizeProgress[] = [];
  await quantizeGguf(source, output, { type: "Q8_0", onProgress: (progress) => seen.push(progress) });
  const bytes = seen.map(({ writtenBytes }) => writtenBytes);
  expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
  expect(bytes.at(-1)).toBe(seen[0]!.totalBytes);
  expect(new Set(seen.map(({ tensor: name }) => name))).toEqual(new Set(tensors.map(({ name }) => name)));
  // The large one in pieces.
  expect(seen.filter(({ tensor: name }) => name === "token_embd.weight").length).toBe(2);
});

describe("nothing is left behind", () => {
  test("by a call that is cancelled at the beginning or in the middle", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(quantizeGguf(source, output, { type: "Q8_0", signal })).rejects.toBe(reason);
    const controller = new AbortController();
    const onProgress = ({ tensor: name }: QuantizeProgress) => {
      if (name === "token_embd.weight") controller.abort(reason);
    };
    const options = { type: "Q8_0", signal: controller.signal, onProgress } as const;
    await expect(quantizeGguf(source, output, options)).rejects.toBe(reason);
    await expect(access(output)).rejects.toThrow("ENOENT");
    expect(await leftBehind()).toEqual([]);
  });

  test("by a failure, and the old file stays", async () => {
    await writeFile(output, "old");
    const onProgress = () => {
      throw new Error("mine");
    };
    await expect(quantizeGguf(source, output, { type: "Q8_0", overwrite: true, onProgress })).rejects.toThrow("mine");
    expect(await readFile(output, "utf8")).toBe("old");
    expect(await leftBehind()).toEqual([]);
  });

  test("by values that are none: the tensor and the element are named", async () => {
    const values = Float32Array.from({ length: 2 ** 18 + 512 }, () => 1);
    values[2 ** 18 + 7] = Number.NaN;
    const spoilt = { ...tensor("blk.0.attn_k.weight", [1026, 256]), data: new Uint8Array(values.buffer) };
    const file = join(folder, "spoilt.gguf");
    await writeGguf(file, { metadata, tensors: [...tensors, spoilt] });
    const error = await expectError("tensor-value-invalid", () => quantizeGguf(file, output, { type: "Q8_0" }));
    expect(error).toMatchObject({ source: file, field: `blk.0.attn_k.weight[${2 ** 18 + 7}]`, received: "NaN" });
    await expect(access(output)).rejects.toThrow("ENOENT");
    expect(await leftBehind()).toEqual([]);
  });
});

describe("refused before anything is written", () => {
  const q8: QuantizeGgufOptions = { type: "Q8_0" };

  test("a file that is there, unless it may be overwritten", async () => {
    await writeFile(output, "old");
    const error = await expectError("sink-exists", () => quantizeGguf(source, output, q8));
    expect(error.source).toBe(output);
    expect(await readFile(output, "utf8")).toBe("old");
    await quantizeGguf(source, pathToFileURL(output), { ...q8, overwrite: true });
    await using file = await readGguf(output);
    expect(file.metadata.number("general.file_type")).toBe(7);
  });

  test("a folder, even then", async () => {
    await mkdir(output);
    await expectError("sink-exists", () => quantizeGguf(source, output, { ...q8, overwrite: true }));
  });

  test("the source itself, by any name", async () => {
    const before = await readFile(source);
    await symlink(source, `${output}.symbolic`);
    await link(source, `${output}.hard`);
    for (const name of [source, `${output}.symbolic`, `${output}.hard`, join(folder, ".", "source.gguf")]) {
      await expectError("argument-invalid", () => quantizeGguf(source, name, { ...q8, overwrite: true }));
    }
    expect(Buffer.compare(await readFile(source), before)).toBe(0);
  });

  test("more than the disk has room for", async () => {
    const fileSystem = process.getBuiltinModule("node:fs/promises");
    const statfs = vi.spyOn(fileSystem, "statfs");
    statfs.mockResolvedValue({ bavail: 10, bsize: 4096 } as Awaited<ReturnType<typeof fileSystem.statfs>>);
    try {
      const error = await expectError("sink-unwritable", () => quantizeGguf(source, output, q8));
      expect(error.received).toContain("40960");
      // What is asked for is exactly what is written.
      statfs.mockRestore();
      const { size } = await quantizeGguf(source, output, q8);
      expect(error.expected).toBe(`${size} bytes`);
    } finally {
      statfs.mockRestore();
    }
  });

  test("tensors that cannot be decoded", async () => {
    const foreign = { name: "blk.0.attn_v.weight", type: "IQ2_S", shape: [2, 256], data: new Uint8Array(164) };
    const file = join(folder, "foreign.gguf");
    await writeGguf(file, { metadata, tensors: [foreign] });
    const error = await expectError("tensor-type-not-supported", () => quantizeGguf(file, output, q8));
    expect(error).toMatchObject({ field: foreign.name, received: "IQ2_S" });
  });

  test("arguments that are none", async () => {
    for (const type of ["Q4_K", "q8_0", "", undefined, 3, "toString"]) {
      await expectError("argument-invalid", () => quantizeGguf(source, output, { type } as never));
    }
    await expectError("argument-invalid", () => quantizeGguf(source, output, undefined as never));
    for (const wrong of [null, undefined, 5, "", {}, [], Symbol("s"), () => 1]) {
      await expectError("argument-invalid", () => quantizeGguf(source, wrong as never, q8));
    }
    for (const field of ["overwrite", "onProgress", "signal"]) {
      const error = await expectError("argument-invalid", () =>
        quantizeGguf(source, output, { ...q8, [field]: "yes" }),
      );
      expect(error.field).toBe(field);
    }
    for (const wrong of [null, undefined, 5, {}, []]) {
      await expect(quantizeGguf(wrong as never, output, q8)).rejects.toMatchObject({ name: "BayLingError" });
    }
    await expectError("source-not-found", () => quantizeGguf(join(folder, "none.gguf"), output, q8));
    await expectError("sink-unwritable", () => quantizeGguf(source, join(folder, "no", "folder.gguf"), q8));
    await expectError("source-not-supported", () => quantizeGguf(source, new URL("https://example.com/a.gguf"), q8));
  });
});

test("models of any tensors and any recipe are written, and read again", async () => {
  const any = fc.record({
    name: fc.constantFrom("token_embd", "output", "blk.0.attn_v", "blk.3.ffn_down", "blk.0.attn_norm", "x"),
    type: fc.constantFrom(...tensorTypeNames),
    outer: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    blocks: fc.integer({ min: 1, max: 9 }),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  const model = fc.uniqueArray(any, { selector: ({ name }) => name, minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(model, fc.constantFrom(...quantizationRecipes), async (parts, type) => {
      const given = parts.map(({ name, type: from, outer, blocks, byte }): GgufTensorInput => {
        const shape = [...outer, blocks * tensorTypes[from].blockSize];
        const length = shape.reduce((product, extent) => product * extent, 1);
        // Bytes that are alike make halves and floats of all sizes, some of them no numbers.
        return { name: `${name}.weight`, type: from, shape, data: new Uint8Array(rowBytes(from, length)).fill(byte) };
      });
      const written: Uint8Array<ArrayBuffer>[] = [];
      const stream = new WritableStream<Uint8Array>({ write: (piece) => void written.push(piece.slice()) });
      try {
        const blob = new Blob([await ggufBytes(metadata, given)]);
        const { size, tensors: result } = await quantizeGguf(blob, stream, { type });
        const file = await readGguf(new Blob(written));
        expect(file.size).toBe(size);
        const read = Array.from(file.tensors.values(), ({ name, type: to, shape }) => ({ name, to, shape }));
        expect(read).toEqual(result.map(({ name, to, shape }) => ({ name, to, shape })));
        expect(read.map(({ name, shape }) => ({ name, shape }))).toEqual(
          given.map(({ name, shape }) => ({ name, shape })),
        );
      } catch (error) {
        expect(error).toMatchObject({ code: "tensor-value-invalid" });
      }
    }),
  );
});

const fixtures = sharedFixture("fixtures/quantized");
test.skipIf(fixtures === undefined).each([
  ["F16", "f16"],
  ["BF16", "bf16"],
  ["Q8_0", "q8_0"],
  ["Q4_0", "q4_0"],
] as const)("%s: metadata and every tensor are llama.cpp's, byte for byte", async (type, name) => {
  const { size } = await quantizeGguf(`${fixtures}/f32.gguf`, output, { type });
  await using ours = await readGguf(output);
  await using theirs = await readGguf(`${fixtures}/${name}.gguf`);
  expect(size).toBe(theirs.size);
  expect([...ours.metadata.keys()]).toEqual([...theirs.metadata.keys()]);
  for (const key of theirs.metadata.keys()) {
    expect(ours.metadata.entry(key)).toEqual(theirs.metadata.entry(key));
  }
  for (const { name: each, type: theirType } of theirs.tensors.values()) {
    expect(ours.tensors.get(each)!.type).toBe(theirType);
    expect(Buffer.compare(await ours.readTensor(each), await theirs.readTensor(each)), each).toBe(0);
  }
});
