import { open } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { BayLingError } from "../errors.ts";
import { CountingSource, ggufBytes } from "../testing/gguf-bytes.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { readGguf } from "./gguf-reader.ts";
import { GgufStringArray } from "./gguf-string-array.ts";
import type { GgufArray, GgufEntry } from "./gguf-value.ts";

/** A small generator of repeatable chance (mulberry32): a failure names its seed and comes back. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Chance = ReturnType<typeof chance>;

/** Numbers that have broken parsers. */
const evil = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 32n, 1n << 40n, 1n << 53n];
const evilLengths: readonly bigint[] = [...evil, (1n << 53n) - 1n, 1n << 62n, 1n << 63n, (1n << 64n) - 1n];

const mutations: readonly ((bytes: Uint8Array<ArrayBuffer>, random: Chance, other: Uint8Array) => Uint8Array)[] = [
  function flipBits(bytes, random) {
    for (let count = 1 + random(8); count > 0; count--) bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random(bytes.length));
  },
  function overwriteLength(bytes, random) {
    const view = new DataView(bytes.buffer);
    const value = evilLengths[random(evilLengths.length)]!;
    for (let count = 1 + random(2); count > 0; count--) view.setBigUint64(random(bytes.length - 8), value, true);
    return bytes;
  },
  function overwriteWord(bytes, random) {
    const view = new DataView(bytes.buffer);
    view.setUint32(random(bytes.length - 4), Number(evilLengths[random(8)]!), true);
    return bytes;
  },
  function overwriteCounts(bytes, random) {
    const view = new DataView(bytes.buffer);
    view.setBigUint64(random(2) === 0 ? 8 : 16, evilLengths[random(evilLengths.length)]!, true);
    return bytes;
  },
  function splice(bytes, random, other) {
    const from = random(other.length);
    const piece = other.subarray(from, from + 1 + random(64));
    const at = random(bytes.length);
    const removed = random(64);
    const rest = bytes.subarray(Math.min(bytes.length, at + removed));
    const result = new Uint8Array(at + piece.length + rest.length);
    result.set(bytes.subarray(0, at));
    result.set(piece, at);
    result.set(rest, at + piece.length);
    return result;
  },
  function noise(bytes, random) {
    const at = random(bytes.length);
    const end = Math.min(bytes.length, at + 1 + random(40));
    for (let index = at; index < end; index++) bytes[index] = random(256);
    return bytes;
  },
];

const array = (value: GgufArray): GgufEntry => ({ type: "array", value });
const strings = (count: number, text: string): GgufEntry =>
  array({ elementType: "string", values: GgufStringArray.from(Array.from({ length: count }, (_, i) => text + i)) });

async function seeds(): Promise<Uint8Array<ArrayBuffer>[]> {
  const model: [string, GgufEntry][] = [
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.alignment", { type: "uint32", value: 64 }],
    ["llama.context_length", { type: "uint64", value: 2048n }],
    ["llama.rope.freq_base", { type: "float32", value: 10_000 }],
    ["tokenizer.ggml.tokens", strings(20, "t")],
    ["tokenizer.ggml.scores", array({ elementType: "float32", values: new Float32Array(20) })],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: true }],
  ];
  const tensors = ["F32", "Q4_0", "Q6_K", "I8", "IQ1_S"].map((type, index) => {
    const byteLength = [2048, 288, 420, 512, 100][index]!;
    return { name: `blk.${index}.weight`, type, shape: [2, 256], data: new Uint8Array(byteLength) };
  });
  const inner: GgufArray = { elementType: "string", values: GgufStringArray.from(["x", ""]) };
  const nested = array({
    elementType: "array",
    values: [
      { elementType: "array", values: [inner] },
      { elementType: "bool", values: Uint8Array.of(1, 0, 1) },
      { elementType: "int64", values: BigInt64Array.of(-1n) },
    ],
  });
  const odd: [string, GgufEntry][] = [
    ["nested", nested],
    ["double", { type: "float64", value: Math.PI }],
    ["split.count", { type: "uint16", value: 1 }],
    ["split.no", { type: "uint16", value: 0 }],
    ["split.tensors.count", { type: "int32", value: 1 }],
  ];
  return [
    await ggufBytes(model, tensors),
    await ggufBytes(odd, [{ name: "one", type: "F16", shape: [1, 2, 3, 4], data: new Uint8Array(48) }]),
    await ggufBytes([]),
  ];
}

/** Reads a mutated file. What comes out must be a file whose tensors can be read, or an error of ours. */
async function attempt(bytes: Uint8Array, size: number = bytes.length): Promise<"read" | "refused"> {
  const source = new CountingSource(bytes, "test.gguf", size);
  const outcome = await readAll(source);
  // Each byte is read once for the header and at most once for a tensor; beyond the end the source itself throws.
  if (source.bytesRead > 2 * size) throw new Error(`${source.bytesRead} bytes read of ${size}`);
  return outcome;
}

async function readAll(source: CountingSource): Promise<"read" | "refused"> {
  try {
    const file = await readGguf(source);
    for (const key of file.metadata.keys()) {
      const value = file.metadata.get(key);
      if (value instanceof GgufStringArray && value.length > 0) value.at(value.length - 1);
    }
    for (const { name, byteLength } of file.tensors.values()) {
      if ((await file.readTensor(name)).length !== byteLength) throw new Error(`${name} is short`);
    }
    return "read";
  } catch (error) {
    if (!BayLingError.isInstance(error)) throw error;
    if (!/^(gguf|tensor-type)-/.test(error.code)) throw new Error(`unexpected ${error.code}`, { cause: error });
    if (error.source !== source.name) throw new Error("the error does not name the file", { cause: error });
    return "refused";
  }
}

/** @param behind bytes of tensors after each header, all zero */
async function fuzz(
  files: readonly Uint8Array<ArrayBuffer>[],
  runs: number,
  behind: number = 0,
): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = { read: 0, refused: 0 };
  for (let seed = 0; seed < runs; seed++) {
    const random = chance(seed);
    let bytes: Uint8Array = files[seed % files.length]!;
    const used: string[] = [];
    for (let count = 1 + random(2); count > 0 && bytes.length >= 24; count--) {
      const mutate = mutations[random(mutations.length)]!;
      used.push(mutate.name);
      bytes = mutate(bytes.slice() as Uint8Array<ArrayBuffer>, random, files[random(files.length)]!);
    }
    try {
      outcomes[await attempt(bytes, bytes.length + behind)]!++;
    } catch (cause) {
      throw new Error(`seed ${seed} (${used.join(", ")}) escaped: ${cause}`, { cause });
    }
  }
  return outcomes;
}

describe("mutated headers", () => {
  let files: Uint8Array<ArrayBuffer>[];
  beforeAll(async () => {
    files = await seeds();
  });

  test("40,000 of small files end in a readable file or an error of ours", async () => {
    for (const file of files) expect(await attempt(file)).toBe("read");
    const { read, refused } = await fuzz(files, 40_000);
    // Both must happen often, or the mutations are too harsh or too mild to prove anything.
    expect(read).toBeGreaterThan(4000);
    expect(refused).toBeGreaterThan(16_000);
  });

  const real = sharedFixture("fixtures/quantized/q4_k_m.gguf");
  test.skipIf(real === undefined)("2,000 of the head of a real file", async () => {
    const handle = await open(real!);
    const head = new Uint8Array(32 * 1024);
    await handle.read(head, 0, head.length, 0);
    const { size } = await handle.stat();
    await handle.close();
    const { read, refused } = await fuzz([head], 2000, size - head.length);
    expect(read).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(500);
  });
});
