import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectError } from "../testing/expect-error.ts";
import { typeBytes } from "./safetensors-header.ts";
import { readSafetensors } from "./safetensors-reader.ts";
import { encodeSafetensorsHeader, writeSafetensors } from "./safetensors-writer.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, index) => index);

test("the bytes of a file as the format describes them", () => {
  const header = encodeSafetensorsHeader(
    [
      { name: "half", type: "F16", shape: [3] },
      { name: "é", type: "F32", shape: [2, 1] },
    ],
    new Map([["format", "pt"]]),
  );
  const json =
    '{"__metadata__":{"format":"pt"},"é":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"half":{"dtype":"F16","shape":[3],"data_offsets":[8,14]}}';
  const length = new DataView(header.bytes.buffer).getBigUint64(0, true);
  expect(length % 8n).toBe(0n);
  expect(header.bytes.length).toBe(8 + Number(length));
  expect(new TextDecoder().decode(header.bytes.subarray(8)).trimEnd()).toBe(json);
  expect(header).toMatchObject({ order: [1, 0], byteLengths: [6, 8] });
});

const tensor = fc.record({
  type: fc.constantFrom(...typeBytes.keys()),
  shape: fc.array(fc.nat(5), { maxLength: 3 }),
});

test("what is written is read back, whatever it is called", async () => {
  const path = join(folder, "any.safetensors");
  const name = fc.string({ unit: "grapheme" }).filter((text) => text !== "__metadata__");
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(name, tensor), { selector: ([name]) => name, maxLength: 6 }),
      fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), {
        maxKeys: 2,
        noNullPrototype: true,
      }),
      async (given, notes) => {
        const tensors = given.map(([name, { type, shape }], index) => {
          const length = shape.reduce((product, extent) => product * extent, typeBytes.get(type)!);
          return { name, type, shape, data: bytesOf(length).map((value) => value + index) };
        });
        // JSON.parse puts it where no other reader does, and ours refuses to guess.
        fc.pre(!given.some(([name]) => name === "__proto__") && !Object.keys(notes).includes("__proto__"));
        const size = await writeSafetensors(path, { tensors, metadata: new Map(Object.entries(notes)) });
        await using file = await readSafetensors(path);
        expect(file.size).toBe(size);
        expect([...file.tensors.keys()].sort()).toEqual(tensors.map(({ name }) => name).sort());
        for (const { name, type, shape, data } of tensors) {
          expect(file.tensors.get(name)).toMatchObject({ type, shape });
          expect(await file.readTensor(name)).toEqual(data);
          expect(file.tensors.get(name)!.offset % typeBytes.get(type)!).toBe(0);
        }
        expect(Object.fromEntries(file.metadata)).toEqual(notes);
      },
    ),
  );
});

test("tensors may come piece by piece", async () => {
  const path = join(folder, "pieces.safetensors");
  async function* data() {
    yield bytesOf(3);
    yield bytesOf(5);
  }
  await writeSafetensors(path, { tensors: [{ name: "a", type: "F32", shape: [2], data }] });
  await using file = await readSafetensors(path);
  expect(await file.readTensor("a")).toEqual(Uint8Array.of(0, 1, 2, 0, 1, 2, 3, 4));
});

test.each([
  ["a type that the format does not have", { name: "a", type: "Q8_0", shape: [32] }],
  ["half a row", { name: "a", type: "F32", shape: [0.5] }],
  ["fewer than no rows", { name: "a", type: "F32", shape: [-1, -1] }],
  ["more than anyone can count", { name: "a", type: "F32", shape: [2 ** 30, 2 ** 30] }],
  ["the name of the notes", { name: "__metadata__", type: "F32", shape: [1] }],
  ["half a character", { name: "\ud800", type: "F32", shape: [1] }],
])("refused: %s", async (_, description) => {
  await expectError("argument-invalid", () => encodeSafetensorsHeader([description]));
});

test("refused: two of one name, and bytes that do not fill the shape; no file is left", async () => {
  const one = { name: "a", type: "U8", shape: [4], data: bytesOf(4) };
  const path = join(folder, "refused.safetensors");
  await expectError("argument-invalid", () => writeSafetensors(path, { tensors: [one, one] }));
  for (const length of [3, 5]) {
    const error = await expectError("argument-invalid", () =>
      writeSafetensors(path, { tensors: [{ ...one, data: bytesOf(length) }] }),
    );
    expect(error.field).toBe("a");
  }
  const reason = new Error("enough");
  await expect(writeSafetensors(path, { tensors: [one] }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect((await readdir(folder)).filter((name) => name.includes("refused"))).toEqual([]);
});
