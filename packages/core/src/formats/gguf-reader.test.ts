import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorCode } from "../errors.ts";
import type { ByteSource } from "../sources/byte-source.ts";
import { CountingSource, failure, ggufBytes, RawGguf } from "../testing/gguf-bytes.ts";
import { type GgufFile, readGguf } from "./gguf-reader.ts";
import { GgufStringArray } from "./gguf-string-array.ts";
import type { GgufEntry } from "./gguf-value.ts";

const string = (value: string): GgufEntry => ({ type: "string", value });
const uint32 = (value: number): GgufEntry => ({ type: "uint32", value });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-reader-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const readBytes = (bytes: Uint8Array): Promise<GgufFile> => readGguf(new CountingSource(bytes));

describe("a small file", () => {
  const metadata = new Map<string, GgufEntry>([
    ["general.architecture", string("llama")],
    ["llama.block_count", uint32(2)],
    ["big", { type: "uint64", value: 2n ** 60n }],
    ["small", { type: "int64", value: -5n }],
    ["flag", { type: "bool", value: true }],
    ["flags", { type: "array", value: { elementType: "bool", values: Uint8Array.of(1, 0) } }],
    [
      "tokens",
      { type: "array", value: { elementType: "string", values: GgufStringArray.from(["<s>", "", "ä\ufeff"]) } },
    ],
    ["scores", { type: "array", value: { elementType: "float32", values: Float32Array.of(0.5, -1) } }],
    ["longs", { type: "array", value: { elementType: "int64", values: BigInt64Array.of(-1n, 7n) } }],
    ["huge", { type: "array", value: { elementType: "uint64", values: BigUint64Array.of(2n ** 53n) } }],
  ]);
  const data = Uint8Array.from({ length: 48 }, (_, index) => index);
  const tensors = [
    { name: "token_embd.weight", type: "F32", shape: [3, 4], data },
    { name: "blk.0.x", type: "IQ1_S", shape: [1, 256], data: new Uint8Array(50).fill(7) },
  ];

  test("gives its tensors by name and by range", async () => {
    await using file = await readBytes(await ggufBytes(metadata, tensors));
    expect(file.version).toBe(3);
    expect([...file.tensors.keys()]).toEqual(["token_embd.weight", "blk.0.x"]);
    const tensor = file.tensors.get("token_embd.weight")!;
    expect([tensor.type, tensor.shape, tensor.byteLength, tensor.part]).toEqual(["F32", [3, 4], 48, 0]);
    expect(await file.readTensor("token_embd.weight")).toEqual(data);
    expect(await file.readTensor("token_embd.weight", { offset: 16 })).toEqual(data.slice(16));
    expect(await file.readTensor("token_embd.weight", { offset: 48, length: 0 })).toHaveLength(0);
    expect(await file.readTensor("blk.0.x")).toEqual(new Uint8Array(50).fill(7));
  });

  test("refuses other names, other ranges, and reading after dispose", async () => {
    const bytes = await ggufBytes(metadata, tensors);
    const source = new CountingSource(bytes);
    const file = await readGguf(source);
    expect((await failure(file.readTensor("x"), "tensor-not-found")).field).toBe("x");
    for (const range of [{ offset: 49 }, { offset: -1 }, { offset: 40, length: 9 }, { length: 0.5 }, { offset: NaN }]) {
      await failure(file.readTensor("token_embd.weight", range), "argument-invalid");
    }
    await expect(file.readTensor("blk.0.x", { signal: AbortSignal.abort("why") })).rejects.toBe("why");
    await file.dispose();
    await file.dispose();
    await failure(file.readTensor("blk.0.x"), "disposed");
    expect(source.disposed).toBe(0); // The caller's own source stays open.
    await expect(readGguf(source, { signal: AbortSignal.abort("why") })).rejects.toBe("why");
  });

  test("gives its metadata by type", async () => {
    const { metadata: read } = await readBytes(await ggufBytes(metadata));
    expect(read.string("general.architecture")).toBe("llama");
    expect(read.number("llama.block_count")).toBe(2);
    expect(read.number("small")).toBe(-5);
    expect(read.boolean("flag")).toBe(true);
    expect(read.get("flags")).toEqual([true, false]);
    expect(read.booleans("flags")).toEqual([true, false]);
    expect([...read.requireStrings("tokens")]).toEqual(["<s>", "", "ä\ufeff"]);
    expect(read.strings("tokens")!.bytesAt(2)).toEqual(Uint8Array.of(0xc3, 0xa4, 0xef, 0xbb, 0xbf));
    expect(read.numbers("scores")).toEqual(Float32Array.of(0.5, -1));
    expect(Array.from(read.requireNumbers("longs"))).toEqual([-1, 7]);
    expect(read.get("big")).toBe(2n ** 60n);
    for (const key of ["string", "number", "boolean", "strings", "numbers", "booleans"] as const) {
      expect(read[key]("absent")).toBeUndefined();
    }
    expect(() => read.strings("tokens")!.at(3)).toThrow("the array has no such entry");
  });

  test("names file, key, expected and received for metadata of another type", async () => {
    const { metadata: read } = await readBytes(await ggufBytes(metadata));
    const cases: [() => unknown, string, string, string][] = [
      [() => read.number("general.architecture"), "general.architecture", "a number", 'string "llama"'],
      [() => read.requireString("absent"), "absent", "a string", "nothing"],
      [() => read.requireNumber("absent"), "absent", "a number", "nothing"],
      [() => read.requireBoolean("absent"), "absent", "a bool", "nothing"],
      [() => read.requireBooleans("absent"), "absent", "an array of bools", "nothing"],
      [() => read.string("llama.block_count"), "llama.block_count", "a string", "uint32 2"],
      [() => read.strings("scores"), "scores", "an array of strings", "an array of 2 × float32"],
      [() => read.numbers("tokens"), "tokens", "an array of numbers", "an array of 3 × string"],
      [() => read.boolean("llama.block_count"), "llama.block_count", "a bool", "uint32 2"],
      [() => read.number("big"), "big", "an integer within ±(2^53 - 1)", String(2n ** 60n)],
      [() => read.numbers("huge"), "huge[0]", "an integer within ±(2^53 - 1)", String(2n ** 53n)],
    ];
    for (const [get, field, expected, received] of cases) {
      const error = await failure(Promise.resolve().then(get), "gguf-invalid");
      expect([error.source, error.field, error.expected, error.received]).toEqual([
        "test.gguf",
        field,
        expected,
        received,
      ]);
    }
  });

  test("may be of version 2", async () => {
    const bytes = await ggufBytes(metadata, tensors);
    bytes[4] = 2;
    expect((await readBytes(bytes)).version).toBe(2);
  });
});

describe("reads little", () => {
  test("the header, not the tensors", async () => {
    const tensors = [{ name: "x", type: "F32", shape: [1 << 20], data: new Uint8Array(4 << 20) }];
    const source = new CountingSource(await ggufBytes([["a", uint32(1)]], tensors));
    await readGguf(source);
    expect(source.bytesRead).toBeLessThanOrEqual(256 * 1024);
    expect(source.reads).toHaveLength(1);
  });

  test("a long header in pieces that grow, each byte once", async () => {
    const tokens = GgufStringArray.from(Array.from({ length: 300_000 }, (_, index) => `token ${index}`));
    const types = Int32Array.from({ length: 300_000 }, (_, index) => index);
    const metadata: [string, GgufEntry][] = [
      ["tokens", { type: "array", value: { elementType: "string", values: tokens } }],
      ["types", { type: "array", value: { elementType: "int32", values: types } }],
    ];
    const tensors = [{ name: "x", type: "F32", shape: [8 << 20], data: new Uint8Array(32 << 20) }];
    const source = new CountingSource(await ggufBytes(metadata, tensors));
    const file = await readGguf(source);
    const headerBytes = file.tensors.get("x")!.offset;
    expect(source.bytesRead).toBeLessThanOrEqual(2 * headerBytes);
    expect(source.reads.length).toBeLessThanOrEqual(8);
    let end = 0;
    for (const { offset, length } of source.reads) {
      expect(offset).toBe(end);
      end += length;
    }
    const read = file.metadata.requireStrings("tokens");
    for (const index of [0, 1, 9_999, 150_000, 299_999]) expect(read.at(index)).toBe(`token ${index}`);
    expect(
      Buffer.compare(
        new Uint8Array((file.metadata.numbers("types") as Int32Array).buffer),
        new Uint8Array(types.buffer),
      ),
    ).toBe(0);
  });
});

/** One pair: key, type number, value. */
const pair = (build: (raw: RawGguf) => RawGguf, key = "k"): Uint8Array =>
  build(RawGguf.header(0, 1).string(key)).bytes();
/** One tensor, then 64 bytes of data. */
const oneTensor = (dimensions: readonly (number | bigint)[], type: number, offset: number | bigint = 0): Uint8Array =>
  RawGguf.header(1, 0).tensor("t", dimensions, type, offset).padTo(32).zeros(64).bytes();

describe("what is wrong with a file is said", () => {
  const valid = RawGguf.header(0, 0).bytes();
  const bigEndian = Uint8Array.of(...valid.subarray(0, 4), 0, 0, 0, 3, ...valid.subarray(8));
  test.each<[string, Uint8Array, ErrorCode, string, string | undefined]>([
    ["empty", new Uint8Array(0), "gguf-not-gguf", "magic", "an empty file"],
    ["text", new TextEncoder().encode("hello world, this is text"), "gguf-not-gguf", "magic", "68 65 6c 6c"],
    [
      "LFS",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"),
      "gguf-not-gguf",
      "magic",
      "a Git LFS pointer",
    ],
    ["HTML", new TextEncoder().encode("<!DOCTYPE html><html>not found</html>"), "gguf-not-gguf", "magic", "a web page"],
    [
      "GGML",
      new TextEncoder().encode("tjgg........................"),
      "gguf-not-gguf",
      "magic",
      "a GGML file from before GGUF",
    ],
    ["only the magic", valid.subarray(0, 4), "gguf-truncated", "version", "0"],
    ["version 1", RawGguf.header(0, 0, 1).bytes(), "gguf-version-not-supported", "version", "1"],
    ["version 9", RawGguf.header(0, 0, 9).bytes(), "gguf-version-not-supported", "version", "9"],
    ["big-endian", bigEndian, "gguf-version-not-supported", "version", "version 3, big-endian"],
    [
      "2^64-1 tensors",
      RawGguf.header(2n ** 64n - 1n, 0).bytes(),
      "gguf-invalid",
      "tensor count",
      String(2n ** 64n - 1n),
    ],
    ["2^40 tensors", RawGguf.header(2n ** 40n, 0).bytes(), "gguf-invalid", "tensor count", String(2n ** 40n)],
    ["1000 tensors in nothing", RawGguf.header(1000, 0).bytes(), "gguf-truncated", "tensor count", "0"],
    ["1000 keys in nothing", RawGguf.header(0, 1000).bytes(), "gguf-truncated", "metadata count", "0"],
    [
      "a key beyond the end",
      RawGguf.header(0, 1).u64(60000).zeros(20).bytes(),
      "gguf-truncated",
      "metadata key 0",
      "20",
    ],
    [
      "an endless key",
      RawGguf.header(0, 1)
        .u64(2n ** 50n)
        .zeros(20)
        .bytes(),
      "gguf-invalid",
      "metadata key 0",
      String(2n ** 50n),
    ],
    ["an empty key", RawGguf.header(0, 1).u64(0).zeros(20).bytes(), "gguf-invalid", "metadata key 0", "0"],
    [
      "a key in no UTF-8",
      RawGguf.header(0, 1).u64(2).raw(0x61, 0xff).u32(0).zeros(9).bytes(),
      "gguf-invalid",
      "metadata key 0",
      '"a\ufffd"',
    ],
    [
      "a key twice",
      RawGguf.header(0, 2).string("k").u32(0).raw(1).string("k").u32(0).raw(1).bytes(),
      "gguf-invalid",
      "k",
      undefined,
    ],
    ["value type 13", pair((raw) => raw.u32(13).zeros(8)), "gguf-invalid", "k", "13"],
    ["a bool of 2", pair((raw) => raw.u32(7).raw(2)), "gguf-invalid", "k", "2"],
    ["a bool of 3 in an array", pair((raw) => raw.u32(9).u32(7).u64(2).raw(1, 3)), "gguf-invalid", "k[1]", "3"],
    ["a number cut off", pair((raw) => raw.u32(12).zeros(7)), "gguf-truncated", "k", "7"],
    ["a string beyond the end", pair((raw) => raw.u32(8).u64(100).zeros(4)), "gguf-truncated", "k", "4"],
    ["a string of 2^63", pair((raw) => raw.u32(8).u64(2n ** 63n)), "gguf-invalid", "k", String(2n ** 63n)],
    [
      "an array of 2^50 bytes",
      pair((raw) =>
        raw
          .u32(9)
          .u32(0)
          .u64(2n ** 50n),
      ),
      "gguf-truncated",
      "k",
      "0",
    ],
    [
      "an array of 2^61 words",
      pair((raw) =>
        raw
          .u32(9)
          .u32(4)
          .u64(2n ** 61n),
      ),
      "gguf-invalid",
      "k",
      String(2n ** 61n),
    ],
    [
      "an array of 2^50 strings",
      pair((raw) =>
        raw
          .u32(9)
          .u32(8)
          .u64(2n ** 50n),
      ),
      "gguf-truncated",
      "k",
      "0",
    ],
    ["an array of type 99", pair((raw) => raw.u32(9).u32(99).u64(1).zeros(8)), "gguf-invalid", "k", "99"],
    [
      "a string in an array beyond the end",
      pair((raw) => raw.u32(9).u32(8).u64(2).string("a").u64(50).zeros(9)),
      "gguf-truncated",
      "k[1]",
      "9",
    ],
    [
      "a string in an array of 2^40",
      pair((raw) =>
        raw
          .u32(9)
          .u32(8)
          .u64(1)
          .u64(2n ** 40n)
          .zeros(9),
      ),
      "gguf-truncated",
      "k[0]",
      "9",
    ],
    [
      "a string in an array of 2^60",
      pair((raw) =>
        raw
          .u32(9)
          .u32(8)
          .u64(1)
          .u64(2n ** 60n)
          .zeros(9),
      ),
      "gguf-invalid",
      "k[0]",
      String(2n ** 60n),
    ],
    [
      "arrays five deep",
      pair((raw) => raw.u32(9).u32(9).u64(1).u32(9).u64(1).u32(9).u64(1).u32(9).u64(1).u32(0).u64(0)),
      "gguf-invalid",
      "k[0][0][0]",
      "5 deep",
    ],
    [
      "65537 arrays in an array",
      pair((raw) =>
        raw
          .u32(9)
          .u32(9)
          .u64(65_537)
          .zeros(65_537 * 12),
      ),
      "gguf-invalid",
      "k",
      "65537",
    ],
    [
      "an alignment of 0",
      pair((raw) => raw.u32(4).u32(0), "general.alignment"),
      "gguf-invalid",
      "general.alignment",
      "0",
    ],
    [
      "an alignment of 24",
      pair((raw) => raw.u32(4).u32(24), "general.alignment"),
      "gguf-invalid",
      "general.alignment",
      "24",
    ],
    [
      "an alignment in words",
      pair((raw) => raw.u32(8).string("32"), "general.alignment"),
      "gguf-invalid",
      "general.alignment",
      'string "32"',
    ],
    ["no dimensions", oneTensor([], 0), "gguf-invalid", "t", "0"],
    ["five dimensions", oneTensor([1, 1, 1, 1, 1], 0), "gguf-invalid", "t", "5"],
    ["a zero dimension", oneTensor([4, 0], 0), "gguf-invalid", "t", "0 in dimension 1"],
    ["a dimension of 2^63", oneTensor([2n ** 63n], 0), "gguf-invalid", "t", String(2n ** 63n)],
    [
      "a product beyond 2^53",
      oneTensor([2n ** 30n, 2n ** 30n], 0),
      "gguf-invalid",
      "t",
      "shape [1073741824, 1073741824]",
    ],
    [
      "a product beyond 2^64",
      oneTensor([2n ** 50n, 2n ** 50n, 2n ** 50n, 2n ** 50n], 24),
      "gguf-invalid",
      "t",
      undefined,
    ],
    ["half a block", oneTensor([16], 2), "gguf-invalid", "t", "16"],
    ["type 99", oneTensor([16], 99), "tensor-type-not-supported", "t", "ggml type 99"],
    ["removed type 31", oneTensor([16], 31), "tensor-type-not-supported", "t", "ggml type 31"],
    ["an offset that is not aligned", oneTensor([4], 0, 16), "gguf-invalid", "t", "16"],
    ["an offset past the end", oneTensor([4], 0, 64), "gguf-truncated", "t", "128"],
    ["an offset of 2^52", oneTensor([4], 0, 2n ** 52n), "gguf-truncated", "t", "128"],
    ["an offset of 2^64-32", oneTensor([4], 0, 2n ** 64n - 32n), "gguf-invalid", "t", String(2n ** 64n - 32n)],
    ["a tensor that passes the end", oneTensor([17], 0), "gguf-truncated", "t", "128"],
    [
      "overlap",
      RawGguf.header(2, 0).tensor("b", [9], 0, 32).tensor("a", [9], 0, 0).padTo(32).zeros(96).bytes(),
      "gguf-invalid",
      "b",
      "128",
    ],
    [
      "two of one name",
      RawGguf.header(2, 0).tensor("a", [8], 0, 32).tensor("a", [8], 0, 0).padTo(32).zeros(96).bytes(),
      "gguf-invalid",
      "a",
      undefined,
    ],
  ])("%s", async (_, bytes, code, field, received) => {
    const error = await failure(readBytes(bytes), code);
    expect(error.source).toBe("test.gguf");
    expect(error.field).toBe(field);
    if (received !== undefined) expect(error.received).toBe(received);
    if (code === "tensor-type-not-supported") expect(error.expected).toContain("Q4_K");
  });

  test("values in no UTF-8 are read with replacements", async () => {
    const { metadata } = await readBytes(pair((raw) => raw.u32(8).u64(3).raw(0x61, 0xff, 0x62)));
    expect(metadata.string("k")).toBe("a\ufffdb");
  });

  test("every cut of a good file", async () => {
    const metadata: [string, GgufEntry][] = [
      ["a", string("value")],
      ["b", { type: "array", value: { elementType: "string", values: GgufStringArray.from(["x", "yy"]) } }],
    ];
    const bytes = await ggufBytes(metadata, [{ name: "t", type: "F32", shape: [8], data: new Uint8Array(32) }]);
    for (let length = 4; length < bytes.length; length++) {
      const error = await failure(readBytes(bytes.subarray(0, length)), "gguf-truncated");
      expect(error.remedy).toBe("Download or copy the file again");
    }
    await readBytes(bytes);
  });

  test("a file that claims more than it has costs no memory", async () => {
    // 1 TiB by its size, nothing behind: only what is read would be allocated.
    const header = pair((raw) =>
      raw
        .u32(9)
        .u32(8)
        .u64(2n ** 36n),
    );
    const asked: number[] = [];
    const source: ByteSource = {
      name: "huge.gguf",
      size: 2 ** 40,
      read: async (offset, length) => {
        asked.push(length);
        const bytes = new Uint8Array(length);
        if (offset === 0) bytes.set(header.subarray(0, length));
        return bytes;
      },
      dispose: async () => {},
    };
    const error = await failure(readGguf(source), "gguf-invalid");
    expect(error.expected).toBe("at most 268435456 bytes");
    expect(Math.max(...asked)).toBeLessThanOrEqual(256 * 1024);
  });
});

describe("a model in several files", () => {
  const split = (part: number, count: number, total: number): [string, GgufEntry][] => [
    ["general.name", string(`part ${part}`)],
    ["split.no", { type: "uint16", value: part }],
    ["split.count", { type: "uint16", value: count }],
    ["split.tensors.count", { type: "int32", value: total }],
  ];
  const tensor = (name: string, fill: number) => [
    { name, type: "F32", shape: [2], data: new Uint8Array(8).fill(fill) },
  ];
  const partName = (part: number, count = 3): string =>
    `model-${String(part + 1).padStart(5, "0")}-of-${String(count).padStart(5, "0")}.gguf`;
  let parts: Uint8Array<ArrayBuffer>[];
  beforeAll(async () => {
    parts = await Promise.all([0, 1, 2].map((part) => ggufBytes(split(part, 3, 3), tensor(`t${part}`, part + 1))));
    for (const [part, bytes] of parts.entries()) await writeFile(join(folder, partName(part)), bytes);
  });

  async function check(file: GgufFile): Promise<void> {
    expect(file.metadata.string("general.name")).toBe("part 0");
    expect([...file.tensors.values()].map(({ name, part }) => [name, part])).toEqual([
      ["t0", 0],
      ["t1", 1],
      ["t2", 2],
    ]);
    for (const part of [0, 1, 2]) expect(await file.readTensor(`t${part}`)).toEqual(new Uint8Array(8).fill(part + 1));
    expect(file.size).toBe(parts.reduce((sum, { length }) => sum + length, 0));
    await file.dispose();
    await failure(file.readTensor("t0"), "disposed");
  }

  test("is opened by any of them, by path and by file: URL", async () => {
    await check(await readGguf(join(folder, partName(0))));
    await check(await readGguf(join(folder, partName(2))));
    await check(await readGguf(pathToFileURL(join(folder, partName(1)))));
  });

  test("is opened from Blobs in any order", async () => {
    await check(await readGguf([2, 0, 1].map((part) => new Blob([parts[part]!]))));
  });

  test("says which files they are, in order, unless one comes from elsewhere", async () => {
    const paths = [0, 1, 2].map((part) => join(folder, partName(part, 3)));
    const fromThird = pathToFileURL(paths[2]!);
    for (const input of [fromThird, relative(".", paths[1]!), [2, 0, 1].map((part) => paths[part]!)]) {
      await using file = await readGguf(input);
      expect(file.files).toEqual(paths);
      expect(file.contentKey).toBeUndefined();
    }
    await using mixed = await readGguf([paths[0]!, paths[1]!, new Blob([parts[2]!])]);
    expect(mixed.files).toBeUndefined();
  });

  test("names what is missing", async () => {
    const lonely = join(folder, partName(0, 4));
    await writeFile(lonely, await ggufBytes(split(0, 4, 4)));
    const error = await failure(readGguf(lonely), "gguf-split-incomplete");
    for (const part of [1, 2, 3]) expect(error.received).toContain(partName(part, 4));
    const two = await failure(readGguf([new Blob([parts[0]!]), new Blob([parts[2]!])]), "gguf-split-incomplete");
    expect(two.received).toBe("2, without number 2");
    const one = await failure(readGguf(new Blob([parts[0]!])), "gguf-split-incomplete");
    expect(one.remedy).toBe("Pass an array of all the files");
    await writeFile(join(folder, "renamed.gguf"), parts[0]!);
    await failure(readGguf(join(folder, "renamed.gguf")), "gguf-split-incomplete");
    await failure(readGguf(new CountingSource(parts[0]!)), "gguf-split-incomplete");
    await failure(readGguf([]), "argument-invalid");
  });

  test("stops looking when a file claims 65535 neighbours", async () => {
    const path = join(folder, partName(0, 65_535));
    await writeFile(path, await ggufBytes(split(0, 65_535, 1)));
    await failure(readGguf(path), "gguf-split-incomplete");
  });

  test("refuses parts that do not belong together", async () => {
    const blob = async (metadata: [string, GgufEntry][], name: string): Promise<Blob> =>
      new Blob([await ggufBytes(metadata, tensor(name, 1))]);
    const twice = [await blob(split(0, 2, 2), "a"), await blob(split(0, 2, 2), "b")];
    expect((await failure(readGguf(twice), "gguf-split-incomplete")).field).toBe("split.no");
    const strange = [await blob(split(0, 2, 2), "a"), await blob(split(1, 3, 2), "b")];
    expect((await failure(readGguf(strange), "gguf-split-incomplete")).field).toBe("split.count");
    const fewer = [await blob(split(0, 2, 3), "a"), await blob(split(1, 2, 3), "b")];
    expect((await failure(readGguf(fewer), "gguf-split-incomplete")).field).toBe("split.tensors.count");
    const same = [await blob(split(0, 2, 2), "a"), await blob(split(1, 2, 2), "a")];
    expect((await failure(readGguf(same), "gguf-invalid")).field).toBe("a");
  });
});
