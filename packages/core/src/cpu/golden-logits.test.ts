import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGguf } from "../formats/gguf-reader.ts";
import { readGgufModel } from "../loading/gguf-model.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { cpu } from "./cpu-backend.ts";

interface Golden {
  readonly tokens: number[];
  readonly positions: number[];
  readonly files: Readonly<Record<string, number[][]>>;
}

/** Normalised mean squared error: Σ (actual − expected)² / Σ expected². */
function nmse(actual: ArrayLike<number>, expected: readonly number[]): number {
  let error = 0;
  let power = 0;
  expected.forEach((value, index) => {
    error += (actual[index]! - value) ** 2;
    power += value ** 2;
  });
  return error / power;
}

async function scores(path: string, tokens: readonly number[]): Promise<{ all: Float32Array; vocabulary: number }> {
  const file = await readGguf(path);
  const model = await readGgufModel(file);
  const loaded = await cpu().doLoad(model, {
    contextLength: 128,
    maxSequences: 1,
    onProgress: () => {},
    signal: undefined,
  });
  const sequence = await loaded.doCreateSequence();
  const [result] = await loaded.doEvaluate([{ sequence, tokens: Uint32Array.from(tokens), want: "all" }], {
    signal: undefined,
  });
  await loaded.dispose();
  await file.dispose();
  return { all: result!.scores!, vocabulary: model.config.vocabularySize };
}

for (const [folder, bound] of [
  ["quantized", (file: string) => (file === "f32.gguf" ? 1e-9 : 1e-8)],
  ["families", () => 1e-9],
] as const) {
  const path = sharedFixture(`fixtures/${folder}/golden.json`);
  describe.skipIf(path === undefined)(`logits of fixtures/${folder} against the golden ones`, () => {
    if (path === undefined) return;
    const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;
    it.each(Object.keys(golden.files))("%s", async (name) => {
      const { all, vocabulary } = await scores(sharedFixture(`fixtures/${folder}/${name}`)!, golden.tokens);
      golden.positions.forEach((position, index) => {
        const row = all.subarray(position * vocabulary, (position + 1) * vocabulary);
        expect(nmse(row, golden.files[name]![index]!)).toBeLessThan(bound(name));
      });
    });
  });
}
