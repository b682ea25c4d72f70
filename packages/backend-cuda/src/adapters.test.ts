import { type GgufTensorInput, loadModel, readGguf, writeGguf } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { cuda } from "./cuda.ts";
import { largestDifference, probabilities } from "./testing/score-file.ts";
import { sharedFixture } from "./testing/shared-fixtures.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const cacheFolder = temporaryFolder();
const llamaCpp = cuda({ device: "cpu", threads: 1, cacheType: "f32", cacheFolder });
const stories = sharedFixture("fixtures/stories260K.gguf");
const prompt = "Once upon a time";

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

async function told(backend: Backend, adapters: readonly { readonly source: Blob }[]) {
  const model = await loadModel(stories!, { backend, adapters, contextLength: 128, maxSequences: 2 });
  try {
    const text = await model.generate(prompt, { maxTokens: 24, ignoreEnd: true }).text();
    const sequence = await model.createSequence();
    const scores = await sequence.evaluate(model.tokenizer.encode(prompt), { want: "last" });
    return { text, scores: probabilities(scores) };
  } finally {
    await model.dispose();
  }
}

describe.skipIf(stories === undefined)("a model with an adapter, through llama.cpp", () => {
  it("writes what the CPU backend writes, and not what the model writes without", async () => {
    const adapters = [{ source: await adapterFor(stories!) }];
    const ours = await told(llamaCpp, adapters);
    const expected = await told(cpu(), adapters);
    expect(ours.text).toBe(expected.text);
    expect(largestDifference(ours.scores, expected.scores)).toBeLessThan(1e-5);
    expect(ours.text).not.toBe((await told(llamaCpp, [])).text);
  });
});
