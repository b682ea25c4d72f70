import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadModel } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { createCudaBackend } from "../cuda-backend.ts";
import type { CudaPlacement } from "../cuda-placement.ts";
import { largestDifference, probabilities, scoreFile } from "../testing/score-file.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";

const placements: CudaPlacement[] = [];
const throughClasses = createCudaBackend(
  {
    ...{ device: "cpu", threads: 1, cacheType: "f32" },
    onPlacement: (placement) => placements.push(placement),
  },
  { openLibrary: async () => ({ library: undefined, reason: "a test asks for it" }) },
);

const folder = sharedFixture("fixtures/families");

describe.skipIf(folder === undefined)("probabilities of fixtures/families", () => {
  const files = folder === undefined ? [] : readdirSync(folder).filter((file) => file.endsWith(".gguf"));

  it.each(files)("%s", async (file) => {
    const { tokens } = JSON.parse(readFileSync(path.join(folder!, "golden.json"), "utf8")) as { tokens: number[] };
    const model = path.join(folder!, file);
    const expected = await scoreFile(cpu(), model, tokens);
    const actual = await scoreFile(throughClasses, model, tokens);
    for (const way of ["together", "oneByOne"] as const) {
      for (const [at, row] of actual[way].entries()) {
        const difference = largestDifference(probabilities(row), probabilities(expected[way][at]!));
        expect(difference, `${way}, position ${at}`).toBeLessThan(1e-3);
      }
    }
  });
});

const stories = sharedFixture("fixtures/stories260K.gguf");

describe.skipIf(stories === undefined)("stories260K", () => {
  async function tell(backend: Backend, beams: number): Promise<number[]> {
    const model = await loadModel(stories!, { backend, contextLength: 256, maxSequences: 4 });
    try {
      const tokens: number[] = [];
      const options = { temperature: 0, maxTokens: beams > 1 ? 40 : 200, ignoreEnd: true, beams };
      for await (const { token } of model.generate("Once upon a time", options)) tokens.push(token);
      return tokens;
    } finally {
      await model.dispose();
    }
  }

  it("tells the same story as on the CPU backend for 200 tokens", async () => {
    placements.length = 0;
    const story = await tell(throughClasses, 1);
    expect(story).toHaveLength(200);
    expect(story).toEqual(await tell(cpu(), 1));
    const reason = "a test asks for it";
    expect(placements).toMatchObject([{ device: "cpu", positions: 4 * 256, through: "classes", reason }]);
  });

  it("finds the same story with beams, which take forks that the classes do not have", async () => {
    expect(await tell(throughClasses, 3)).toEqual(await tell(cpu(), 3));
  });
});
