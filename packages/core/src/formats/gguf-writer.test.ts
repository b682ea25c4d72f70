import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CountingSource, failure, ggufBytes } from "../testing/gguf-bytes.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { tensorTypeLayout } from "./foreign-tensor-types.ts";
import { readGguf } from "./gguf-reader.ts";
import { GgufStringArray } from "./gguf-string-array.ts";
import { type GgufArray, type GgufEntry, type GgufValue, ggufArrayValue } from "./gguf-value.ts";
import { type GgufTensorInput, writeGguf } from "./gguf-writer.ts";
import { tensorTypeNames } from "./tensor-types.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-writer-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const numbers: fc.Arbitrary<GgufArray> = fc.oneof(
  fc.uint8Array().map((values): GgufArray => ({ elementType: "uint8", values })),
  fc.int8Array().map((values): GgufArray => ({ elementType: "int8", values })),
  fc.uint16Array().map((values): GgufArray => ({ elementType: "uint16", values })),
  fc.int16Array().map((values): GgufArray => ({ elementType: "int16", values })),
  fc.uint32Array().map((values): GgufArray => ({ elementType: "uint32", values })),
  fc.int32Array().map((values): GgufArray => ({ elementType: "int32", values })),
  fc.float32Array().map((values): GgufArray => ({ elementType: "float32", values })),
  fc.float64Array().map((values): GgufArray => ({ elementType: "float64", values })),
  fc.bigUint64Array().map((values): GgufArray => ({ elementType: "uint64", values })),
  fc.bigInt64Array().map((values): GgufArray => ({ elementType: "int64", values })),
  fc.uint8Array({ max: 1 }).map((values): GgufArray => ({ elementType: "bool", values })),
  fc.array(text).map((strings): GgufArray => ({ elementType: "string", values: GgufStringArray.from(strings) })),
);
const nested = (depth: number): fc.Arbitrary<GgufArray> =>
  depth === 1
    ? numbers
    : fc.oneof(
        numbers,
        fc.array(nested(depth - 1), { maxLength: 3 }).map((values): GgufArray => ({ elementType: "array", values })),
      );

const entry: fc.Arbitrary<GgufEntry> = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((value): GgufEntry => ({ type: "uint8", value })),
  fc.integer({ min: -128, max: 127 }).map((value): GgufEntry => ({ type: "int8", value })),
  fc.integer({ min: 0, max: 65535 }).map((value): GgufEntry => ({ type: "uint16", value })),
  fc.integer({ min: -32768, max: 32767 }).map((value): GgufEntry => ({ type: "int16", value })),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value): GgufEntry => ({ type: "uint32", value })),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value): GgufEntry => ({ type: "int32", value })),
  fc.float().map((value): GgufEntry => ({ type: "float32", value })),
  fc.double().map((value): GgufEntry => ({ type: "float64", value })),
  uint64.map((value): GgufEntry => ({ type: "uint64", value })),
  int64.map((value): GgufEntry => ({ type: "int64", value })),
  fc.boolean().map((value): GgufEntry => ({ type: "bool", value })),
  text.map((value): GgufEntry => ({ type: "string", value })),
  nested(4).map((value): GgufEntry => ({ type: "array", value })),
);

const typeNames = [...tensorTypeNames, "I8", "F64", "IQ1_S", "NVFP4"];
const tensor: fc.Arbitrary<GgufTensorInput> = fc
  .record({
    name,
    type: fc.constantFrom(...typeNames),
    outer: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    blocks: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ name, type, outer, blocks }) => {
    const { blockSize, blockBytes } = tensorTypeLayout(type)!;
    const length = outer.reduce((product, extent) => product * extent, blocks) * blockBytes;
    const shape = [...outer, blocks * blockSize];
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data): GgufTensorInput => ({ name, type, shape, data }));
  });

/** Plain values with strings decoded, to compare. */
function plain(value: GgufValue | undefined): unknown {
  if (value instanceof GgufStringArray) return [...value];
  return Array.isArray(value) ? value.map(plain) : value;
}

test("what is written is what is read: every value type, every tensor type", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(name, entry), { selector: ([key]) => key, maxLength: 8 }),
      fc.uniqueArray(tensor, { selector: (tensor) => tensor.name, maxLength: 5 }),
      fc.constantFrom(undefined, 8, 32, 64, 4096),
      async (pairs, tensors, alignment) => {
        const metadata = new Map<string, GgufEntry>(pairs);
        if (alignment !== undefined) metadata.set("general.alignment", { type: "uint32", value: alignment });
        const bytes = await ggufBytes(metadata, tensors);
        const file = await readGguf(new CountingSource(bytes));
        expect([...file.metadata.keys()]).toEqual([...metadata.keys()]);
        for (const [key, expected] of metadata) {
          const actual = file.metadata.entry(key)!;
          expect(actual.type).toBe(expected.type);
          if (actual.type === "array" && expected.type === "array")
            expect(shapeOf(actual.value)).toEqual(shapeOf(expected.value));
          const value = expected.type === "array" ? ggufArrayValue(expected.value) : expected.value;
          expect(plain(file.metadata.get(key))).toEqual(plain(value));
        }
        expect([...file.tensors.keys()]).toEqual(tensors.map((tensor) => tensor.name));
        for (const { name, type, shape, data } of tensors) {
          const found = file.tensors.get(name)!;
          expect([found.type, found.shape, found.byteLength]).toEqual([type, shape, (data as Uint8Array).length]);
          expect(found.offset % (alignment ?? 32)).toBe(0);
          expect(await file.readTensor(name)).toEqual(data);
        }
        // Writing what was read gives the same file again.
        expect(await ggufBytes(file.metadata, tensors)).toEqual(bytes);
      },
    ),
    { numRuns: 150 },
  );
});

function shapeOf(array: GgufArray): unknown {
  return [array.elementType, array.elementType === "array" ? array.values.map(shapeOf) : array.values.length];
}

const real = [
  "fixtures/stories260K.gguf",
  "fixtures/quantized/q4_k_m.gguf",
  "fixtures/quantized/mxfp4_moe.gguf",
  "fixtures/families/llama3-rope-freqs.gguf",
  "tokenizers/llama-spm.gguf",
  "tokenizers/llama-bpe.gguf",
].flatMap((name) => sharedFixture(name) ?? []);
describe.skipIf(real.length === 0)("files of llama.cpp", () => {
  test.each(real)("%s comes out byte for byte", async (path) => {
    await using file = await readGguf(path);
    const tensors = [...file.tensors.values()].map(
      (tensor): GgufTensorInput => ({ ...tensor, data: ({ signal }) => file.readTensor(tensor.name, { signal }) }),
    );
    expect(Buffer.compare(await ggufBytes(file.metadata, tensors), await readFile(path))).toBe(0);
  });
});

describe("tensor bytes", () => {
  const shape = [4, 32];
  const bytes = Uint8Array.from({ length: 72 }, (_, index) => index);
  const halves = [bytes.subarray(0, 30), bytes.subarray(30)];
  async function* slowly(): AsyncIterable<Uint8Array> {
    const reused = new Uint8Array(1);
    for (const byte of bytes) {
      reused[0] = byte;
      yield reused;
    }
  }
  test.each([
    ["an array", bytes],
    ["an iterable", halves],
    ["an async iterable that reuses its piece", slowly()],
    ["a function to an array", () => bytes],
    ["a function to a promise", async () => bytes],
    ["a function to an async iterable", () => slowly()],
  ] as const)("come from %s", async (_, data) => {
    const written = await ggufBytes(new Map(), [{ name: "x", type: "Q4_0", shape, data }]);
    const file = await readGguf(new CountingSource(written));
    expect(await file.readTensor("x")).toEqual(bytes);
    expect(await file.readTensor("x", { offset: 18, length: 20 })).toEqual(bytes.slice(18, 38));
  });

  test("come one tensor after the other, so that one piece is in memory at a time", async () => {
    const asked: string[] = [];
    const tensors = ["a", "b"].map((name) => ({
      name,
      type: "F32",
      shape: [8],
      data: () => {
        asked.push(name);
        return new Uint8Array(32);
      },
    }));
    const seen: string[] = [];
    const stream = new WritableStream<Uint8Array>({ write: () => void seen.push(asked.join("")) });
    await writeGguf(stream, { metadata: [], tensors });
    expect(seen).toEqual(["", "a", "ab"]);
  });

  test.each([
    ["fewer", 71, "71"],
    ["more", 73, "73 or more"],
  ])("that are %s than declared are refused", async (_, length, received) => {
    const data = new Uint8Array(length);
    const error = await failure(ggufBytes([], [{ name: "x", type: "Q4_0", shape, data }]), "argument-invalid");
    expect(error.field).toBe("x");
    expect(error.received).toBe(received);
  });
});

describe("what GGUF cannot hold is refused", () => {
  const data = new Uint8Array(0);
  const uint8 = { type: "uint8", value: 1 } as const;
  test.each<[string, readonly (readonly [string, GgufEntry])[], readonly GgufTensorInput[], string]>([
    [
      "a key twice",
      [
        ["a", uint8],
        ["a", uint8],
      ],
      [],
      "a",
    ],
    ["an empty key", [["", uint8]], [], ""],
    ["a lone surrogate in a key", [["a\ud800", uint8]], [], "a\ud800"],
    ["a number out of range", [["a", { type: "uint8", value: 256 }]], [], "a"],
    ["a fraction as an integer", [["a", { type: "int32", value: 0.5 }]], [], "a"],
    ["a bigint out of range", [["a", { type: "int64", value: 2n ** 63n }]], [], "a"],
    ["a bool of 2", [["a", { type: "array", value: { elementType: "bool", values: Uint8Array.of(2) } }]], [], "a"],
    ["an alignment of 24", [["general.alignment", { type: "uint32", value: 24 }]], [], "general.alignment"],
    ["an unknown tensor type", [], [{ name: "x", type: "Q9_9", shape: [1], data }], "x"],
    ["a zero dimension", [], [{ name: "x", type: "F32", shape: [0], data }], "x"],
    ["no dimension", [], [{ name: "x", type: "F32", shape: [], data }], "x"],
    ["five dimensions", [], [{ name: "x", type: "F32", shape: [1, 1, 1, 1, 1], data }], "x"],
    ["half a block", [], [{ name: "x", type: "Q4_0", shape: [2, 16], data }], "x"],
    ["more than 2^53 bytes", [], [{ name: "x", type: "F32", shape: [2 ** 30, 2 ** 30], data }], "x"],
  ])("%s", async (_, metadata, tensors, field) => {
    expect((await failure(ggufBytes(metadata, tensors), "argument-invalid")).field).toBe(field);
  });
});

describe("files", () => {
  const content = {
    metadata: new Map<string, GgufEntry>([["general.name", { type: "string", value: "tiny" }]]),
    tensors: [{ name: "x", type: "F32", shape: [2], data: new Uint8Array(8).fill(1) }],
  };

  test("appear complete, by path and by file: URL", async () => {
    const path = join(folder, "a.gguf");
    const size = await writeGguf(path, content);
    await writeGguf(pathToFileURL(join(folder, "b.gguf")), content);
    const bytes = await readFile(path);
    expect(bytes.length).toBe(size);
    expect(await readFile(join(folder, "b.gguf"))).toEqual(bytes);
    const file = await readGguf(path);
    expect(file.metadata.string("general.name")).toBe("tiny");
    await file.dispose();
    expect((await readdir(folder)).sort()).toEqual(["a.gguf", "b.gguf"]);
  });

  test("that fail leave the old file and nothing else behind", async () => {
    const path = join(folder, "a.gguf");
    await writeFile(path, "old");
    const before = await readdir(folder);
    const short = [{ name: "x", type: "F32", shape: [2], data: new Uint8Array(4) }];
    await failure(writeGguf(path, { ...content, tensors: short }), "argument-invalid");
    const broken = [{ name: "x", type: "F32", shape: [2], data: () => Promise.reject(new Error("mine")) }];
    await expect(writeGguf(path, { ...content, tensors: broken })).rejects.toThrow("mine");
    const controller = new AbortController();
    const data = async (): Promise<Uint8Array> => {
      controller.abort(new Error("enough"));
      return new Uint8Array(8);
    };
    const tensors = [{ name: "x", type: "F32", shape: [2], data }];
    await expect(writeGguf(path, { ...content, tensors }, { signal: controller.signal })).rejects.toThrow("enough");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(before);
  });

  test("in a folder that is not there are an error of ours", async () => {
    const error = await failure(writeGguf(join(folder, "no", "a.gguf"), content), "sink-unwritable");
    expect(error.received).toBe("ENOENT");
    expect(error.cause).toBeInstanceOf(Error);
  });
});

test("a stream that fails is an error of ours, and one that we fail is aborted", async () => {
  const full = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("full")) });
  await failure(writeGguf(full, { metadata: [], tensors: [] }), "sink-unwritable");
  let reason: unknown;
  const stream = new WritableStream<Uint8Array>({
    abort: (given) => {
      reason = given;
    },
  });
  const tensors = [{ name: "x", type: "F32", shape: [2], data: new Uint8Array(4) }];
  const error = await failure(writeGguf(stream, { metadata: [], tensors }), "argument-invalid");
  expect(reason).toBe(error);
});
