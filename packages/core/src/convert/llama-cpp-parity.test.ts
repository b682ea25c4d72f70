import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { readGguf } from "../formats/gguf-reader.ts";
import { readGgufModel } from "../loading/gguf-model.ts";
import { logSoftmax } from "../sampling/log-softmax.ts";
import { llamaCppProbabilities } from "../testing/llama-cpp-probabilities.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import type { QuantizationRecipe } from "./quantization-recipe.ts";
import { quantizeGguf } from "./quantize-gguf.ts";

// 64 and 172 wide: blocks of 256 divide none of its rows, so this one is full of types that stand in for others.
const stories = sharedFixture("fixtures/stories260K.gguf");
const wide = sharedFixture("fixtures/quantized/f32.gguf");
const tokens = [1, 205, 310, 270, 104, 412, 273, 366, 109, 74, 281, 202, 261, 105, 242, 322, 47, 482, 355, 448];

let folder: string;
let llama: Llama;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-quantize-"));
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Probabilities after every token by the CPU backend, which decodes every weight and rounds no activation. */
async function byCpu(path: string): Promise<number[][]> {
  await using file = await readGguf(path);
  const loaded = await readGgufModel(file);
  const options = { contextLength: 64, maxSequences: 1, onProgress: () => {}, signal: undefined };
  const model = await cpu().doLoad(loaded, options);
  const sequence = await model.doCreateSequence();
  const batch = [{ sequence, tokens: Uint32Array.from(tokens), want: "all" }] as const;
  const [result] = await model.doEvaluate(batch, { signal: undefined });
  await model.dispose();
  const { vocabularySize } = loaded.config;
  return tokens.map((_, position) => {
    const row = result!.scores!.subarray(position * vocabularySize, (position + 1) * vocabularySize);
    return Array.from(logSoftmax(row), Math.exp);
  });
}

function largestDifference(ours: number[][], theirs: number[][]): number {
  const differences = ours.flatMap((row, position) => row.map((p, id) => Math.abs(p - theirs[position]![id]!)));
  return Math.max(...differences);
}

describe.skipIf(wide === undefined || stories === undefined)("llama.cpp reads what is written, and agrees", () => {
  // Of a probability. llama.cpp rounds activations to eight bits before products with quantized weights, and to halves
  // before products with halves; with a wrong block probabilities have nothing in common.
  const bounds: Readonly<Record<QuantizationRecipe, number>> = {
    ...{ F32: 1e-4, F16: 5e-3, BF16: 2e-2 },
    ...{ Q8_0: 4e-2, Q4_0: 4e-2, Q4_K_M: 4e-2, Q6_K: 4e-2 },
  };
  const cases = Object.entries(bounds).flatMap(([type, bound]) =>
    (
      [
        ["wide", wide],
        ["stories", stories],
      ] as const
    ).map(([name, path]) => [type, name, path!, bound] as const),
  );
  test.each(cases)("%s of %s", async (type, name, path, bound) => {
    const output = join(folder, `${name}-${type}.gguf`);
    await quantizeGguf(path, output, { type: type as QuantizationRecipe });
    const [ours, theirs] = [await byCpu(output), await llamaCppProbabilities(llama, output, tokens)];
    expect(ours.map((row) => row.length)).toEqual(theirs.map((row) => row.length));
    expect(largestDifference(ours, theirs)).toBeLessThan(bound);
  });
});
