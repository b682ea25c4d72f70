import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it, test } from "vitest";
import { BayLingError } from "../../errors.ts";
import { blobSource } from "../../sources/blob-source.ts";
import { expectError } from "../../testing/expect-error.ts";
import type { TestTensor } from "../../testing/hugging-face-files.ts";
import {
  little,
  pickle,
  pickledDictionary,
  pickledTensor,
  pytorchArchive,
  pytorchBytes,
  zipBytes,
} from "../../testing/pytorch-files.ts";
import type { CheckpointFile } from "../checkpoint-file.ts";
import { readPytorch } from "./pytorch-reader.ts";

const open = (bytes: Uint8Array<ArrayBuffer>) => readPytorch(blobSource(new Blob([bytes]), "pytorch_model.bin"));
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

async function valuesOf(file: CheckpointFile, name: string): Promise<number[]> {
  return [...new Float32Array((await file.readTensor(name)).buffer)];
}

const tensors: readonly TestTensor[] = [
  { name: "a", type: "F32", shape: [2, 3], data: floats(1, 2, 3, 4, 5, 6) },
  { name: "b", type: "F16", shape: [4], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  { name: "c", type: "BF16", shape: [1, 2], data: Uint8Array.of(9, 10, 11, 12) },
];

describe("readPytorch", () => {
  test.each([{ wide: false }, { wide: true }])("reads tensors of an archive, %j", async (options) => {
    await using file = await open(pytorchBytes(tensors, options));
    expect([...file.tensors.keys()]).toEqual(["a", "b", "c"]);
    for (const { name, type, shape, data } of tensors) {
      expect(file.tensors.get(name)).toMatchObject({ type, shape, byteLength: data.length });
      expect(file.tensors.get(name)!.offset % 64).toBe(0);
      expect(await file.readTensor(name)).toEqual(data);
    }
    expect(await file.readTensor("a", { offset: 8, length: 4 })).toEqual(floats(3));
    await expectError("tensor-not-found", () => file.readTensor("d"));
  });

  it("reads views, storages that are shared, and objects that are recalled", async () => {
    const whole = pickledTensor({ type: "F32", shape: [3, 2] }, { key: "0", elements: 6 });
    const rows = pickledTensor({ type: "F32", shape: [2, 2] }, { key: "0", elements: 6, offset: 2 });
    const single = pickledTensor({ type: "F32", shape: [1, 2] }, { key: "0", elements: 6, strides: [77, 1] });
    const entries = [
      ["whole", [...whole, ...pickle.put(300)]],
      ["rows", rows],
      ["again", pickle.get(300)],
      ["single", single],
    ] as const;
    const file = await open(pytorchArchive(pickledDictionary(entries), [floats(1, 2, 3, 4, 5, 6)]));
    expect(await valuesOf(file, "rows")).toEqual([3, 4, 5, 6]);
    expect(await valuesOf(file, "again")).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await valuesOf(file, "single")).toEqual([1, 2]);
  });

  it("passes over the attributes of a state dict", async () => {
    const tensor = pickledTensor({ type: "F32", shape: [1] }, { key: "0", elements: 1 });
    const { protocol, global, emptyTuple, call, mark, text, setItems, emptyDictionary, build, stop } = pickle;
    const dictionary = [...global("collections", "OrderedDict"), ...emptyTuple, ...call];
    const attributes = [...emptyDictionary, ...mark, ...text("_metadata"), ...dictionary, ...setItems];
    const pickled = [
      ...[...protocol, ...dictionary, ...mark, ...text("a"), ...tensor, ...setItems],
      ...[...attributes, ...build, ...stop],
    ];
    expect(await valuesOf(await open(pytorchArchive(pickled, [floats(7)])), "a")).toEqual([7]);
  });
});

describe("nothing of a file is run", () => {
  const calls = (module: string, name: string) => {
    const { global, mark, text, tuple, call } = pickle;
    return [...global(module, name), ...mark, ...text("touch /tmp/pwned"), ...tuple, ...call];
  };

  test.each([
    ["os", "system"],
    ["posix", "system"],
    ["builtins", "eval"],
    ["torch.storage", "_load_from_bytes"],
    ["torch", "UntypedStorage"],
    ["torch", "hub"],
    ["torch.nn.modules.linear", "Linear"],
    ["__proto__", "constructor"],
  ])("%s.%s is refused by name", async (module, name) => {
    const archive = pytorchArchive(pickledDictionary([["a", calls(module, name)]]), []);
    const error = await expectError("pytorch-not-supported", () => open(archive));
    expect(error.field).toBe(`${module}.${name}`);
  });

  test.each([
    ["INST", 0x69],
    ["OBJ", 0x6f],
    ["NEWOBJ", 0x81],
    ["NEWOBJ_EX", 0x92],
    ["EXT1", 0x82],
    ["PERSID", 0x50],
    ["STRING", 0x53],
    ["BYTEARRAY8", 0x96],
    ["LONG4", 0x8b],
  ])("the opcode %s is refused by its number", async (_, opcode) => {
    const archive = pytorchArchive([...pickle.protocol, opcode, ...pickle.stop], []);
    const error = await expectError("pytorch-not-supported", () => open(archive));
    expect(error.received).toContain(`0x${opcode.toString(16)}`);
  });
});

describe("what is refused", () => {
  const one = (layout: Parameters<typeof pickledTensor>[1], shape = [2, 3], storage = floats(1, 2, 3, 4, 5, 6)) =>
    pytorchArchive(pickledDictionary([["a", pickledTensor({ type: "F32", shape }, layout)]]), [storage]);
  const { protocol, stop, mark, text, integer, emptyDictionary, setItems, none } = pickle;
  const archive = (...pickled: number[]) => pytorchArchive(pickled, []);

  test.each([
    ["a transposed view", "pytorch-not-supported", one({ key: "0", elements: 6, strides: [1, 2] })],
    ["a tensor beyond its storage", "pytorch-invalid", one({ key: "0", elements: 6, offset: 1 })],
    ["a storage larger than its file", "pytorch-invalid", one({ key: "0", elements: 7 })],
    ["a storage that there is not", "pytorch-invalid", one({ key: "1", elements: 6 })],
    ["a storage by a path", "pytorch-invalid", one({ key: "../data.pkl", elements: 6 })],
    ["shapes beyond all numbers", "pytorch-invalid", one({ key: "0", elements: 6 }, [2 ** 31 - 1, 2 ** 31 - 1, 9])],
    ["many dimensions", "pytorch-invalid", one({ key: "0", elements: 6 }, [1, 1, 1, 1, 1, 1, 1, 1, 6])],
    ["what is no state dict", "pytorch-not-supported", archive(...protocol, ...integer(5), ...stop)],
    ["what is no tensor", "pytorch-not-supported", archive(...pickledDictionary([["epoch", integer(5)]]))],
    ["a dictionary within", "pytorch-not-supported", archive(...pickledDictionary([["state_dict", emptyDictionary]]))],
    [
      "a name twice",
      "pytorch-invalid",
      archive(
        ...pickledDictionary([
          ["a", none],
          ["a", none],
        ]),
      ),
    ],
    [
      "a key without a value",
      "pytorch-invalid",
      archive(...protocol, 0x7d, ...mark, ...text("a"), ...setItems, ...stop),
    ],
    ["what is left over", "pytorch-invalid", archive(...protocol, ...none, ...none, ...stop)],
    ["an empty stack", "pytorch-invalid", archive(...protocol, ...stop)],
    ["no end", "pytorch-invalid", archive(...protocol, ...none)],
    ["a string beyond the end", "pytorch-invalid", archive(...protocol, 0x58, 255, 255, 0, 0, ...stop)],
    ["a string of 4 GB", "pytorch-invalid", archive(...protocol, 0x58, 255, 255, 255, 255, ...stop)],
    ["what was never remembered", "pytorch-invalid", archive(...protocol, ...pickle.get(1_000_000), ...stop)],
    ["a huge number", "pytorch-invalid", archive(...protocol, 0x8a, 200, ...new Uint8Array(200), ...stop)],
    ["another protocol", "pytorch-invalid", archive(0x80, 0, ...none, ...stop)],
    ["a deep stack", "pytorch-invalid", repeated([0x28], 100_002)],
    ["a million lists", "pytorch-invalid", repeated([0x5d, 0x30], 1 << 20)],
    ["an archive without a pickle", "pytorch-invalid", zipBytes([{ name: "x/version", data: floats(1) }])],
    ["compression", "pytorch-not-supported", pytorchBytes(tensors, { method: 8 })],
    ["a folder in a folder", "pytorch-invalid", zipBytes([{ name: "a/b/data.pkl", data: floats(1) }])],
  ] as const)("%s", async (_, code, bytes) => {
    await expectError(code, () => open(bytes));
  });

  it("two archives in one, numbers of the other order, the old format", async () => {
    const data = Uint8Array.from(pickledDictionary([]));
    const two = zipBytes(["a", "b"].map((folder) => ({ name: `${folder}/data.pkl`, data })));
    await expectError("pytorch-invalid", () => open(two));
    const order = new TextEncoder().encode("big");
    const big = zipBytes([
      { name: "a/data.pkl", data },
      { name: "a/byteorder", data: order },
    ]);
    await expectError("pytorch-not-supported", () => open(big));
    const magic = Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e);
    const old = await expectError("pytorch-not-supported", () => open(magic));
    expect(old.message).toContain("before 1.6");
    await expectError("pytorch-invalid", () => open(new TextEncoder().encode("GGUF and more of it")));
    await expectError("pytorch-invalid", () => open(new Uint8Array(0)));
  });

  it("an archive whose files overlap", async () => {
    const bytes = pytorchBytes(tensors);
    // The size of the first file in the directory: further than the second one begins.
    const at = bytes.length - 22;
    const directory = new DataView(bytes.buffer).getUint32(at + 16, true);
    bytes.set([...little(9000, 4), ...little(9000, 4)], directory + 20);
    await expectError("pytorch-invalid", () => open(bytes));
  });

  it("a shard that is cut short, wherever", async () => {
    const bytes = pytorchBytes(tensors);
    for (let length = 4; length < bytes.length; length += 7) {
      await expectError("pytorch-truncated", () => open(bytes.slice(0, length)));
    }
  });
});

/** A pickle that does one thing many times. */
function repeated(opcodes: readonly number[], count: number): Uint8Array<ArrayBuffer> {
  const pickled = new Uint8Array(2 + count * opcodes.length);
  pickled.set(pickle.protocol);
  for (let index = 0; index < count; index++) pickled.set(opcodes, 2 + index * opcodes.length);
  return pytorchArchive(pickled, []);
}

describe("bytes that flip", () => {
  const bytes = pytorchBytes(tensors);
  const settles = async (changed: Uint8Array<ArrayBuffer>) => {
    try {
      const file = await open(changed);
      for (const { name, byteLength } of file.tensors.values()) {
        expect((await file.readTensor(name)).length).toBe(byteLength);
      }
    } catch (error) {
      if (!BayLingError.isInstance(error)) throw error;
      expect(error.code).toMatch(/^pytorch-/);
    }
  };

  it("give tensors of the stated size or a typed error", async () => {
    const flip = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
        const changed = bytes.slice();
        for (const [at, value] of flips) changed[at] = value;
        await settles(changed);
      }),
      { numRuns: 500 },
    );
  });

  it("whatever a pickle is made of", async () => {
    const opcodes = [0x28, 0x29, 0x5d, 0x7d, 0x74, 0x75, 0x73, 0x65, 0x61, 0x52, 0x62, 0x51, 0x68, 0x71, 0x94, 0x93];
    const byte = fc.oneof(fc.constantFrom(...opcodes), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { maxLength: 60 }), async (pickled) => {
        await settles(pytorchArchive([...pickle.protocol, ...pickled, ...pickle.stop], [floats(1, 2)]));
      }),
      { numRuns: 500 },
    );
  });
});

/** Each file of PyTorch once: to start it takes seconds. */
const script = `
import torch, collections, os
base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
state = collections.OrderedDict(a=base, view=base[1:3], half=base.half(), wide=base.bfloat16())
state["parameter"] = torch.nn.Parameter(base[0])
state["shared"] = state["a"]
for protocol in [2, 4]:
    torch.save(state, f"protocol-{protocol}.bin", pickle_protocol=protocol)
torch.save(torch.nn.Linear(3, 2).state_dict(), "state.bin")
torch.save(torch.nn.Linear(3, 2), "module.bin")
torch.save({"a": base.t()}, "transposed.bin")
torch.save({"a": base}, "old.bin", _use_new_zipfile_serialization=False)
class Evil:
    def __reduce__(self):
        return (os.system, ("touch pwned",))
torch.save({"a": Evil()}, "code.bin")
`;
const folder = mkdtempSync(join(tmpdir(), "pytorch-"));
const python = ["python3", "/usr/bin/python3"].find(
  (name) => spawnSync(name, ["-c", script], { cwd: folder, stdio: "ignore" }).status === 0,
);
if (python === undefined) console.warn("skipped: there is no Python with PyTorch here");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(python === undefined)("files of PyTorch itself", () => {
  test.each([2, 4])("tensors, views and parameters, protocol %i", async (protocol) => {
    await using file = await readPytorch(join(folder, `protocol-${protocol}.bin`));
    const numbers = Array.from({ length: 24 }, (_, index) => index);
    expect(await valuesOf(file, "a")).toEqual(numbers);
    expect(await valuesOf(file, "shared")).toEqual(numbers);
    expect(await valuesOf(file, "view")).toEqual(numbers.slice(6, 18));
    expect(await valuesOf(file, "parameter")).toEqual(numbers.slice(0, 6));
    const types = Array.from(file.tensors.values(), ({ name, type, shape }) => [name, type, ...shape]);
    expect(types).toContainEqual(["half", "F16", 4, 6]);
    expect(types).toContainEqual(["wide", "BF16", 4, 6]);
    const wide = new Uint16Array((await file.readTensor("wide")).buffer);
    expect([...wide].map((bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0])).toEqual(numbers);
  });

  test("the state dict of a module", async () => {
    await using file = await readPytorch(join(folder, "state.bin"));
    expect(Array.from(file.tensors.values(), ({ name, shape }) => [name, ...shape])).toEqual([
      ["weight", 2, 3],
      ["bias", 2],
    ]);
  });

  test.each(["module", "transposed", "old", "code"])("%s is refused", async (name) => {
    await expectError("pytorch-not-supported", () => readPytorch(join(folder, `${name}.bin`)));
    expect(existsSync(join(folder, "pwned"))).toBe(false);
  });
});
