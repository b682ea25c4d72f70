import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel, type ModelSource } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { sharedFixture } from "./testing/shared-fixtures.ts";
import { normalisedError } from "./tiers/normalised-error.ts";
import { webgpu } from "./webgpu.ts";

const gpu = webgpu();
const golden = sharedFixture("fixtures/families/golden.json");
const folder = sharedFixture("fixtures/families/llama-plain-hf");

async function rowsOf(backend: Backend, source: ModelSource, tokens: readonly number[]): Promise<Float32Array[]> {
  const model = await loadModel(source, { backend, contextLength: 128, maxSequences: 1 });
  try {
    const sequence = await model.createSequence();
    const scores = await sequence.evaluate(tokens, { want: "all" });
    const width = model.config.vocabularySize;
    return tokens.map((_, row) => scores.slice(row * width, (row + 1) * width));
  } finally {
    await model.dispose();
  }
}

/** The upper halves of all numbers: the same model, nearly, in BF16. */
function inBrainFloats(bytes: Uint8Array<ArrayBuffer>): Blob {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  for (const tensor of Object.values<{ dtype?: string; data_offsets?: number[] }>(header)) {
    if (tensor.data_offsets === undefined) continue;
    tensor.dtype = "BF16";
    tensor.data_offsets = tensor.data_offsets.map((offset) => offset / 2);
  }
  const words = new Uint16Array(bytes.slice(8 + length).buffer);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const size = new BigUint64Array([BigInt(text.length)]);
  return new Blob([size, text, words.filter((_, index) => index % 2 === 1)]);
}

describe.skipIf(golden === undefined || folder === undefined)("a folder of safetensors on the GPU", () => {
  it("gives the golden scores of its GGUF file", async () => {
    const { tokens, positions, files } = JSON.parse(readFileSync(golden!, "utf8"));
    const rows = await rowsOf(gpu, folder!, tokens);
    for (const [index, position] of positions.entries()) {
      expect(normalisedError(rows[position]!, files["llama-plain.gguf"][index])).toBeLessThan(1e-7);
    }
  });

  it("runs in BF16, vectors too", async () => {
    const { tokens } = JSON.parse(readFileSync(golden!, "utf8"));
    const names = ["config.json", "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json"];
    const shards = [1, 2].map((shard) => `model-0000${shard}-of-00002.safetensors`);
    const source = new Map([
      ...names.map((name) => [name, new Blob([readFileSync(join(folder!, name))])] as const),
      ...shards.map((name) => [name, inBrainFloats(new Uint8Array(readFileSync(join(folder!, name))))] as const),
    ]);
    const expected = await rowsOf(cpu(), source, tokens);
    const rows = await rowsOf(gpu, source, tokens);
    for (const [at, row] of rows.entries()) expect(normalisedError(row, expected[at]!)).toBeLessThan(1e-7);
  });
});
