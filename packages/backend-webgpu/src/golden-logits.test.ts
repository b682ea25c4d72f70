import { readFileSync } from "node:fs";
import { loadModel, readGguf, readGgufModel } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { sharedFixture } from "./testing/shared-fixtures.ts";
import { webgpu } from "./webgpu.ts";

interface Golden {
  readonly tokens: number[];
  readonly positions: number[];
  readonly files: Readonly<Record<string, number[][]>>;
}

/** What the issue of this backend asks of tiers that compute in f32. */
const bound = 1e-7;

// One device for the whole file: kernels of equal shape are compiled once.
const gpu = webgpu();

/** Normalised mean squared error: Σ (actual − expected)² / Σ expected². */
function nmse(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let power = 0;
  for (let index = 0; index < expected.length; index++) {
    error += (actual[index]! - expected[index]!) ** 2;
    power += expected[index]! ** 2;
  }
  return error / power;
}

interface Scores {
  /** [tokens, vocabulary], of one evaluation. */
  readonly whole: readonly Float32Array[];
  /** The same with an evaluation for each of the last tokens. */
  readonly single: readonly Float32Array[];
}

/** @param singles how many tokens are evaluated one by one in the second run */
async function scores(backend: Backend, path: string, tokens: readonly number[], singles: number): Promise<Scores> {
  const file = await readGguf(path);
  const model = await readGgufModel(file);
  const loaded = await backend.doLoad(model, {
    ...{ contextLength: tokens.length, maxSequences: 1 },
    ...{ onProgress: () => {}, signal: undefined },
  });
  const { vocabularySize } = model.config;
  const sequence = await loaded.doCreateSequence();
  const evaluate = async (first: number, end: number) => {
    const piece = Uint32Array.from(tokens.slice(first, end));
    const [result] = await loaded.doEvaluate([{ sequence, tokens: piece, want: "all" }], { signal: undefined });
    return Array.from(piece, (_, row) => result!.scores!.subarray(row * vocabularySize, (row + 1) * vocabularySize));
  };
  try {
    const whole = await evaluate(0, tokens.length);
    const firstSingle = tokens.length - singles;
    sequence.doTruncate(firstSingle);
    const single: Float32Array[] = [];
    for (let index = firstSingle; index < tokens.length; index++) single.push(...(await evaluate(index, index + 1)));
    return { whole, single };
  } finally {
    await loaded.dispose();
    await file.dispose();
  }
}

describe.each(["quantized", "families"])("logits of fixtures/%s", (folder) => {
  const path = sharedFixture(`fixtures/${folder}/golden.json`);
  if (path === undefined) {
    it.skip("needs ../shared", () => {});
    return;
  }
  const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;

  it.each(Object.keys(golden.files))("%s", { timeout: 120_000 }, async (name) => {
    const file = sharedFixture(`fixtures/${folder}/${name}`)!;
    const { tokens, positions } = golden;
    const singles = 8;
    const { whole, single } = await scores(gpu, file, tokens, singles);
    const reference = await scores(cpu(), file, tokens, 0);
    const errors = {
      golden: Math.max(...positions.map((at, index) => nmse(whole[at]!, golden.files[name]![index]!))),
      // Golden scores are for a few positions only.
      everyPosition: Math.max(...whole.map((row, at) => nmse(row, reference.whole[at]!))),
      tokenByToken: Math.max(...single.map((row, at) => nmse(row, reference.whole[tokens.length - singles + at]!))),
    };
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(bound);
  });
});

describe("stories260K", () => {
  const path = sharedFixture("fixtures/stories260K.gguf");

  it.skipIf(path === undefined)("tells the same story as on the CPU for 200 tokens", { timeout: 120_000 }, async () => {
    const tell = async (backend: Backend) => {
      const model = await loadModel(path!, { backend, contextLength: 256, maxSequences: 1 });
      try {
        const generation = model.generate("Once upon a time", { temperature: 0, maxTokens: 200 });
        const tokens: number[] = [];
        let text = "";
        for await (const token of generation) {
          tokens.push(token.token);
          text += token.text;
        }
        return { tokens, text };
      } finally {
        await model.dispose();
      }
    };
    const story = await tell(gpu);
    expect(story).toEqual(await tell(cpu()));
    expect(story.tokens).toHaveLength(200);
    expect(story.text).toMatch(/^, there was a little girl named Lily\. She loved to play outside in the park\./);
  });
});
