import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mergeAdapters } from "../../convert/merge-adapters.ts";
import { cpu } from "../../cpu/cpu-backend.ts";
import { readGguf } from "../../formats/gguf-reader.ts";
import { loadModel } from "../../load-model.ts";
import { logSoftmax } from "../../sampling/log-softmax.ts";
import { ggufAdapter, matrixTensor, randomMatrix } from "../../testing/adapter-files.ts";
import { type LlamaCppAdapter, llamaCppProbabilities } from "../../testing/llama-cpp-probabilities.ts";
import { sharedFixture } from "../../testing/shared-fixtures.ts";

const stories = sharedFixture("fixtures/stories260K.gguf");
// Its head is no table: llama.cpp would lay an adapter of the table over a head that is tied to it, too.
const untied = sharedFixture("fixtures/families/llama-plain.gguf");
const tokens = [1, 205, 130, 270, 104, 112, 273, 166, 109, 74, 281, 202, 261, 105, 242, 122, 47, 182, 255, 48];
const rank = 4;
const alpha = 8;

let folder: string;
let llama: Llama;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-adapters-"));
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** An adapter of all matrices of the layers, or of all that there are. */
async function writeAdapter(base: string, name: string, seed: number, withTable = false): Promise<string> {
  await using file = await readGguf(base);
  const matrices = [...file.tensors.values()].filter(
    ({ name, shape }) => shape.length === 2 && (name.startsWith("blk.") || withTable),
  );
  const pairs = matrices.flatMap(({ name: weight, shape }, index) => {
    const [rows, columns] = shape as readonly [number, number];
    const table = weight === "token_embd.weight";
    const a = table
      ? randomMatrix(rows, rank, seed + 2 * index, 0.1)
      : randomMatrix(rank, columns, seed + 2 * index, 0.1);
    const b = randomMatrix(table ? columns : rows, rank, seed + 2 * index + 1, 0.1);
    return [matrixTensor(`${weight}.lora_a`, a), matrixTensor(`${weight}.lora_b`, b)];
  });
  const path = join(folder, name);
  await writeFile(path, new Uint8Array(await (await ggufAdapter(pairs, alpha)).arrayBuffer()));
  return path;
}

const byLlamaCpp = (modelPath: string, adapters: readonly LlamaCppAdapter[]) =>
  llamaCppProbabilities(llama, modelPath, tokens, adapters);

async function byCpu(path: string, adapters: readonly LlamaCppAdapter[]): Promise<number[][]> {
  const model = await loadModel(path, {
    backend: cpu(),
    adapters: adapters.map(({ path, scale }) => ({ source: path, scale })),
  });
  try {
    const { vocabularySize } = model.config;
    const sequence = await model.createSequence();
    const rows = await sequence.evaluate(tokens, { want: "all" });
    return tokens.map((_, row) =>
      Array.from(logSoftmax(rows.subarray(row * vocabularySize, (row + 1) * vocabularySize)), Math.exp),
    );
  } finally {
    await model.dispose();
  }
}

function largestDifference(ours: number[][], theirs: number[][]): number {
  expect(ours.map((row) => row.length)).toEqual(theirs.map((row) => row.length));
  return Math.max(...ours.flatMap((row, position) => row.map((p, id) => Math.abs(p - theirs[position]![id]!))));
}

describe.skipIf(stories === undefined || untied === undefined)("what llama.cpp computes with the same adapters", () => {
  test("one, several, and by their scales", async () => {
    const one = await writeAdapter(stories!, "one.gguf", 100);
    const two = await writeAdapter(stories!, "two.gguf", 300);
    await expectSame(stories!, [{ path: one, scale: 1 }]);
    await expectSame(stories!, [{ path: one, scale: -0.5 }]);
    await expectSame(stories!, [
      { path: one, scale: 0.75 },
      { path: two, scale: 0.5 },
    ]);
  });

  test("merged into a file, which llama.cpp reads", async () => {
    const adapters = [{ path: await writeAdapter(stories!, "merged.gguf", 100), scale: 0.5 }];
    const output = join(folder, "output.gguf");
    await mergeAdapters(stories!, output, { adapters: adapters.map(({ path, scale }) => ({ source: path, scale })) });
    const expected = await byLlamaCpp(stories!, adapters);
    expect(largestDifference(await byLlamaCpp(output, []), expected)).toBeLessThan(1e-5);
  });

  test("of the embedding table and the head", async () => {
    await expectSame(untied!, [{ path: await writeAdapter(untied!, "all.gguf", 500, true), scale: 1 }]);
  });
});

async function expectSame(base: string, adapters: readonly LlamaCppAdapter[]): Promise<void> {
  const ours = await byCpu(base, adapters);
  const error = largestDifference(ours, await byLlamaCpp(base, adapters));
  expect(error).toBeLessThan(1e-5);
  // The adapters are no small thing.
  expect(largestDifference(ours, await byCpu(base, []))).toBeGreaterThan(0.02);
}
