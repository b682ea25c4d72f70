import { beforeAll, expect, test } from "vitest";
import { convertToGguf } from "../convert/convert-to-gguf.ts";
import { cpu } from "../cpu/cpu-backend.ts";
import { loadModel } from "../load-model.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { expectError } from "../testing/expect-error.ts";
import { jsonBlob, type TestTensor, tinyFolder, tinyTensors } from "../testing/hugging-face-files.ts";
import { pytorchBytes } from "../testing/pytorch-files.ts";
import { openModelFiles } from "./model-files.ts";

let files: Map<string, Blob>;
let tensors: TestTensor[];
let whole: Map<string, Blob>;
let sharded: Map<string, Blob>;

beforeAll(async () => {
  files = await tinyFolder();
  tensors = await tinyTensors();
  const rest = new Map(files);
  rest.delete("model.safetensors");
  // Frequencies of RoPE, which files of the first LLaMAs carry along.
  const frequencies = { type: "F32", shape: [4], data: new Uint8Array(16) };
  const stored = [...tensors, { name: "model.layers.0.self_attn.rotary_emb.inv_freq", ...frequencies }];
  whole = new Map(rest).set("pytorch_model.bin", new Blob([pytorchBytes(stored)]));
  const name = (at: number) => `pytorch_model-0000${(at % 2) + 1}-of-00002.bin`;
  const index = { metadata: {}, weight_map: Object.fromEntries(stored.map((tensor, at) => [tensor.name, name(at)])) };
  sharded = new Map(rest).set("pytorch_model.bin.index.json", jsonBlob(index));
  for (const shard of [0, 1]) {
    sharded.set(name(shard), new Blob([pytorchBytes(stored.filter((_, at) => at % 2 === shard))]));
  }
});

async function textOf(source: ModelSource): Promise<string> {
  const model = await loadModel(source, { backend: cpu() });
  try {
    return await model.generate("a b 你", { maxTokens: 20, ignoreEnd: true }).text();
  } finally {
    await model.dispose();
  }
}

async function bytesOf(source: ModelSource): Promise<Uint8Array> {
  const pieces: BlobPart[] = [];
  const output = new WritableStream({ write: (piece: Uint8Array) => void pieces.push(piece.slice()) });
  await convertToGguf(source, output, { type: "Q8_0" });
  return new Blob(pieces).bytes();
}

test.each([
  ["one file", () => whole],
  ["shards", () => sharded],
  ["chosen files", () => [...sharded].map(([name, blob]) => new File([blob], name))],
] as const)(
  "weights in %s of PyTorch write what they write in safetensors, and convert to the same file",
  async (_, source) => {
    expect(await textOf(source())).toBe(await textOf(files));
    expect(await bytesOf(source())).toEqual(await bytesOf(files));
  },
);

test("safetensors come first where there are both", async () => {
  const both = new Map([...files, ["pytorch_model.bin", new Blob(["no archive"])] as const]);
  const { loaded, dispose } = await openModelFiles(both);
  expect(loaded.weights.get("model.norm.weight").type).toBe("F32");
  await dispose();
});

test("what does not fit together is refused", async () => {
  const without = new Map(sharded);
  without.delete("pytorch_model-00002-of-00002.bin");
  const error = await expectError("pytorch-incomplete", () => openModelFiles(without));
  expect(error.received).toContain("pytorch_model-00002-of-00002.bin");
  const twice = new Map(without).set(
    "pytorch_model-00002-of-00002.bin",
    sharded.get("pytorch_model-00001-of-00002.bin")!,
  );
  await expectError("pytorch-invalid", () => openModelFiles(twice));
  for (const name of ["../secret.bin", "a/b.bin", "model.safetensors", 5]) {
    const index = jsonBlob({ weight_map: { "model.norm.weight": name } });
    await expectError("pytorch-invalid", () =>
      openModelFiles(new Map(sharded).set("pytorch_model.bin.index.json", index)),
    );
  }
  await expectError("pytorch-truncated", () =>
    openModelFiles(new Map(whole).set("pytorch_model.bin", whole.get("pytorch_model.bin")!.slice(0, 5000))),
  );
  const shape: TestTensor[] = tensors.map((tensor) => ({ ...tensor, shape: tensor.shape.toReversed() }));
  await expectError("model-shape-mismatch", () =>
    openModelFiles(new Map(whole).set("pytorch_model.bin", new Blob([pytorchBytes(shape)]))),
  );
});
