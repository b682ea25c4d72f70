import { type GgufTensorInput, loadModel, readGguf, writeGguf } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { sharedFixture } from "./testing/shared-fixtures.ts";
import { normalisedError } from "./tiers/normalised-error.ts";
import { webgpu } from "./webgpu.ts";

const gpu = webgpu();
// Weights that the adapter changes are Q8_0, and the embedding table beside them stays Q4_0.
const quantized = sharedFixture("fixtures/quantized/q4_0.gguf");
const tokens = [1, 17, 42, 99, 3, 250];

/** An adapter of rank 2 for all matrices of the layers. */
async function adapterFor(path: string): Promise<Blob> {
  await using file = await readGguf(path);
  let state = 1;
  const random = (rows: number, columns: number) =>
    Float32Array.from({ length: rows * columns }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return 0.1 * (state / 2 ** 31 - 1);
    });
  const tensor = (name: string, rows: number, columns: number): GgufTensorInput => {
    return { name, type: "F32", shape: [rows, columns], data: new Uint8Array(random(rows, columns).buffer) };
  };
  const tensors = [...file.tensors.values()]
    .filter(({ name, shape }) => shape.length === 2 && name.startsWith("blk."))
    .flatMap(({ name, shape: [rows = 0, columns = 0] }) => [
      tensor(`${name}.lora_a`, 2, columns),
      tensor(`${name}.lora_b`, rows, 2),
    ]);
  const texts = { "general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora" };
  const metadata = Object.entries(texts).map(([key, value]) => [key, { type: "string", value }] as const);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (piece) => {
      pieces.push(piece.slice());
    },
  });
  await writeGguf(stream, { metadata, tensors });
  return new Blob(pieces);
}

async function scoresOf(backend: Backend, adapters: readonly { readonly source: Blob }[]) {
  const model = await loadModel(quantized!, { backend, adapters, contextLength: 64, maxSequences: 1 });
  try {
    const written: number[] = [];
    const options = { maxTokens: 4, ignoreEnd: true };
    for await (const { token } of model.generate(tokens, options)) written.push(token);
    const sequence = await model.createSequence();
    return { written, scores: await sequence.evaluate(tokens, { want: "last" }) };
  } finally {
    await model.dispose();
  }
}

describe.skipIf(quantized === undefined)("a quantized model with an adapter, on the GPU", () => {
  it("writes what the CPU backend writes, and not what the model writes without", async () => {
    const adapters = [{ source: await adapterFor(quantized!) }];
    const ours = await scoresOf(gpu, adapters);
    const expected = await scoresOf(cpu(), adapters);
    expect(ours.written).toEqual(expected.written);
    expect(normalisedError(ours.scores, expected.scores)).toBeLessThan(1e-4);
    expect(normalisedError(ours.scores, (await scoresOf(cpu(), [])).scores)).toBeGreaterThan(1e-2);
  });
});
