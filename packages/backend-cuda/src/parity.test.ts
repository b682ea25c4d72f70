import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { cuda } from "./cuda.ts";
import type { CudaPlacement } from "./cuda-placement.ts";
import { bareProbabilities } from "./testing/bare-llama-cpp.ts";
import { largestDifference, probabilities, scoreFile } from "./testing/score-file.ts";
import { sharedFixture } from "./testing/shared-fixtures.ts";

const placements: CudaPlacement[] = [];
const llamaCpp = cuda({
  ...{ device: "cpu", threads: 1, cacheType: "f32" },
  onPlacement: (placement) => placements.push(placement),
});

describe.each(["quantized", "families"])("probabilities of fixtures/%s", (name) => {
  const folder = sharedFixture(`fixtures/${name}`);
  if (folder === undefined) {
    it.skip("needs ../shared", () => {});
    return;
  }
  const { tokens } = JSON.parse(readFileSync(join(folder, "golden.json"), "utf8")) as { tokens: number[] };
  const files = readdirSync(folder).filter((file) => file.endsWith(".gguf"));

  it.each(files)("%s", async (file) => {
    const path = join(folder, file);
    const expected = (await scoreFile(cpu(), path, tokens)).together.map(probabilities);
    const bare = await bareProbabilities(path, tokens);
    const { together, oneByOne } = await scoreFile(llamaCpp, path, tokens);
    for (const [way, rows] of Object.entries({ together, oneByOne })) {
      for (const [at, row] of rows.map(probabilities).entries()) {
        const position = `${way}, position ${at}`;
        // What llama.cpp multiplies quantized weights and bf16 with is rounded, which costs it up to 2.5e-2 here.
        const exact = name === "families" || /^f(16|32)/.test(file);
        expect(largestDifference(row, expected[at]!), `${position}: the CPU backend`).toBeLessThan(exact ? 1e-3 : 3e-2);
        // Rounding meets other numbers when tokens are evaluated one by one.
        const bound = way === "together" ? 1e-6 : 1e-3;
        expect(largestDifference(row, bare[at]!), `${position}: llama.cpp alone`).toBeLessThan(bound);
      }
    }
  });
});

const stories = sharedFixture("fixtures/stories260K.gguf");

describe.skipIf(stories === undefined)("stories260K", () => {
  it("tells the same story as on the CPU backend for 200 tokens", async () => {
    const tell = async (backend: Backend) => {
      const model = await loadModel(stories!, { backend, contextLength: 256, maxSequences: 1 });
      try {
        const tokens: number[] = [];
        const options = { temperature: 0, maxTokens: 200, ignoreEnd: true };
        for await (const { token } of model.generate("Once upon a time", options)) tokens.push(token);
        return tokens;
      } finally {
        await model.dispose();
      }
    };
    placements.length = 0;
    const story = await tell(llamaCpp);
    expect(story).toHaveLength(200);
    expect(story).toEqual(await tell(cpu()));
    expect(placements).toMatchObject([{ device: "cpu", gpuLayers: 0, threads: 1, through: "library" }]);
  });
});
