import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError, type ErrorCode } from "../errors.ts";
import { blobSource } from "../sources/blob-source.ts";
import { expectError } from "../testing/expect-error.ts";
import { safetensorsBytes, type TestTensor, withHeader } from "../testing/hugging-face-files.ts";
import { readSafetensors } from "./safetensors-reader.ts";

const tensor = (name: string, type: string, shape: number[], bytes: number): TestTensor => ({
  ...{ name, type, shape },
  data: Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + name.length) % 251),
});
const tensors = [
  tensor("a", "F32", [2, 3], 24),
  tensor("empty", "F16", [0, 8], 0),
  tensor("b.weight", "BF16", [5], 10),
  tensor("scalar", "I64", [], 8),
];
const open = (bytes: Uint8Array<ArrayBuffer>) => readSafetensors(blobSource(new Blob([bytes]), "test.safetensors"));

describe("readSafetensors", () => {
  it("reads names, types, shapes and bytes", async () => {
    const file = await open(safetensorsBytes(tensors));
    expect([...file.tensors.values()].map(({ name, type, shape }) => ({ name, type, shape }))).toEqual(
      tensors.map(({ name, type, shape }) => ({ name, type, shape })),
    );
    expect([...file.metadata]).toEqual([["format", "pt"]]);
    for (const { name, data } of tensors) expect(await file.readTensor(name)).toEqual(data);
    expect(await file.readTensor("a", { offset: 4, length: 8 })).toEqual(tensors[0]!.data.subarray(4, 12));
    await expectError("argument-invalid", () => file.readTensor("a", { offset: 20, length: 8 }));
    await expectError("argument-invalid", () => file.readTensor("a", { offset: -1 }));
    await expectError("tensor-not-found", () => file.readTensor("c"));
    await file.dispose();
    await expectError("disposed", () => file.readTensor("a"));
  });

  it("takes the shards of a model as one", async () => {
    const [first, ...others] = tensors;
    const shards = [new Blob([safetensorsBytes(others)]), new Blob([safetensorsBytes([first!])])];
    const file = await readSafetensors(shards);
    for (const { name, data } of tensors) expect(await file.readTensor(name)).toEqual(data);
    expect(file.size).toBe(shards[0]!.size + shards[1]!.size);
    await expectError("safetensors-invalid", () => readSafetensors([shards[0]!, shards[0]!]));
    await expectError("argument-invalid", () => readSafetensors([]));
  });

  type Header = Record<string, { dtype: unknown; shape: unknown; data_offsets: unknown }>;
  const spoilt = (edit: (header: Header) => unknown) => () =>
    safetensorsBytes(tensors, (header) => edit(header as Header));
  const length = (bytes: bigint) => {
    const file = safetensorsBytes(tensors);
    new DataView(file.buffer).setBigUint64(0, bytes, true);
    return file;
  };

  it.each<[string, ErrorCode, () => Uint8Array<ArrayBuffer>]>([
    ["an empty file", "safetensors-invalid", () => new Uint8Array(0)],
    ["seven bytes", "safetensors-invalid", () => new Uint8Array(7)],
    ["a header of nothing", "safetensors-invalid", () => length(0n)],
    ["a header longer than the file", "safetensors-truncated", () => length(10_000n)],
    ["a header longer than any", "safetensors-invalid", () => length(1n << 40n)],
    ["a header of 2^64 - 1 bytes", "safetensors-invalid", () => length((1n << 64n) - 1n)],
    ["a file cut short", "safetensors-truncated", () => safetensorsBytes(tensors).slice(0, -1)],
    ["a file that goes on", "safetensors-invalid", () => new Uint8Array([...safetensorsBytes(tensors), 0])],
    ["no JSON", "safetensors-invalid", () => withHeader("{nothing}")],
    [
      "a header that is not UTF-8",
      "safetensors-invalid",
      () => withHeader(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)),
    ],
    ["a list", "safetensors-invalid", () => withHeader("[]")],
    ["deep nesting", "safetensors-invalid", () => withHeader(`{"a":${"[".repeat(1e6)}`)],
    ["a Git LFS pointer", "safetensors-invalid", () => new TextEncoder().encode("version https://git-lfs.github.com/")],
    ["a name twice", "safetensors-invalid", spoilt((header) => JSON.stringify(header).replace('"b.weight"', '"a"'))],
    [
      "a type twice",
      "safetensors-invalid",
      spoilt((header) => JSON.stringify(header).replace('"dtype":"BF16"', '"dtype":"BF16","dtype":"F16"')),
    ],
    ["a tensor that is a number", "safetensors-invalid", () => withHeader('{"a":1}')],
    ["no type", "safetensors-invalid", spoilt(({ a }) => (a!.dtype = 4))],
    ["a negative size", "safetensors-invalid", spoilt(({ a }) => (a!.shape = [-2, -3]))],
    ["a size that is no integer", "safetensors-invalid", spoilt(({ a }) => (a!.shape = [1.5, 4]))],
    ["sizes beyond all numbers", "safetensors-invalid", spoilt(({ a }) => (a!.shape = [2 ** 53 - 1, 2 ** 53 - 1]))],
    ["a shape of other bytes", "safetensors-invalid", spoilt(({ a }) => (a!.shape = [2, 4]))],
    ["an end before the beginning", "safetensors-invalid", spoilt(({ a }) => (a!.data_offsets = [24, 0]))],
    ["three offsets", "safetensors-invalid", spoilt(({ a }) => (a!.data_offsets = [0, 24, 24]))],
    ["a gap", "safetensors-invalid", spoilt(({ scalar }) => (scalar!.data_offsets = [35, 43]))],
    ["an overlap", "safetensors-invalid", spoilt(({ scalar }) => (scalar!.data_offsets = [33, 41]))],
    [
      "an offset beyond the file",
      "safetensors-invalid",
      spoilt(({ scalar }) => (scalar!.data_offsets = [2e9, 2e9 + 8])),
    ],
    [
      "notes that are no text",
      "safetensors-invalid",
      () => withHeader(JSON.stringify({ __metadata__: { format: 1 } })),
    ],
  ])("refuses %s", async (_name, code, bytes) => {
    const error = await expectError(code, () => open(bytes()));
    expect(error.source).toBe("test.safetensors");
  });

  it("opens what was damaged or says what is wrong with it", async () => {
    const whole = safetensorsBytes(tensors);
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(whole.length), async (changes, end) => {
        const bytes = whole.slice();
        for (const { at, byte } of changes) bytes[at] = byte;
        try {
          const file = await open(bytes.slice(0, changes.length % 2 === 0 ? bytes.length : end));
          for (const name of file.tensors.keys()) await file.readTensor(name);
        } catch (error) {
          expect(BayLingError.isInstance(error) && error.code).toMatch(/^safetensors-/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
